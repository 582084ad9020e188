"""Audit entries call the people whose ids changed by their names."""

from sqlalchemy.ext.asyncio import AsyncConnection

from testkit.directory import Company, subject
from testkit.plugin import Client


async def test_a_change_of_the_owner_names_both(client: Client, tx: AsyncConnection) -> None:
    await Company(tx).build()
    card = (await client.post("/cards", json={"title": "One"})).json()
    for name in ("li", "zhou"):
        answer = await client.post(
            f"/cards/{card['id']}/transfer", json={"owner_id": subject(name)}
        )
        assert answer.status_code == 200, answer.text
    await client.patch(f"/cards/{card['id']}", json={"title": "Two"})
    entries = (await client.get(f"/cards/{card['id']}/audit")).json()["items"]
    edited, second, first, _created = entries
    assert second["changes"] == [
        {
            "field": "owner_id",
            "from": subject("li"),
            "to": subject("zhou"),
            "from_name": "li",
            "to_name": "zhou",
        }
    ]
    [change] = first["changes"]
    assert (change["to"], change["to_name"]) == (subject("li"), "li")
    assert "from_name" not in change, "the directory of this test does not know who made the card"
    assert edited["changes"] == [{"field": "title", "from": "One", "to": "Two"}]
