"""What is told of a record that never was: nothing, also to who sees all."""

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from testkit.database import cards
from testkit.plugin import Client


@pytest.mark.parametrize("what", ["audit", "owners", "access", "external-ids"])
async def test_an_id_that_never_was(client: Client, what: str) -> None:
    nobody = new_id()
    answer = await client.get(f"/cards/{nobody}/{what}")
    assert (answer.status_code, answer.json()["code"]) == (404, "CARD_NOT_FOUND")
    assert answer.json()["params"] == {"key": str(nobody)}


@pytest.mark.parametrize("what", ["audit", "owners"])
async def test_a_deleted_record_keeps_its_past(client: Client, what: str) -> None:
    card = (await client.post("/cards", json={"title": "One"})).json()
    assert (await client.delete(f"/cards/{card['id']}")).status_code == 204
    assert (await client.get(f"/cards/{card['id']}/{what}")).status_code == 200


async def test_entries_outlive_their_record(client: Client, tx: AsyncConnection) -> None:
    card = (await client.post("/cards", json={"title": "One"})).json()
    await tx.execute(delete(cards))
    told = (await client.get(f"/cards/{card['id']}/audit")).json()["items"]
    assert [one["verb"] for one in told] == ["DELETE", "INSERT"]
