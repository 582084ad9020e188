"""Tests of records that never existed or were deleted, for a caller who sees everything."""

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from testkit.database import cards
from testkit.plugin import Client


@pytest.mark.parametrize("view", ["audit", "owners", "access", "external-ids"])
async def test_an_id_that_never_existed_is_404(client: Client, view: str) -> None:
    unknown_id = new_id()
    answer = await client.get(f"/cards/{unknown_id}/{view}")
    assert (answer.status_code, answer.json()["code"]) == (404, "CARD_NOT_FOUND")
    assert answer.json()["params"] == {"key": str(unknown_id)}


@pytest.mark.parametrize("view", ["audit", "owners"])
async def test_a_deleted_record_keeps_its_history(client: Client, view: str) -> None:
    card = (await client.post("/cards", json={"title": "One"})).json()
    assert (await client.delete(f"/cards/{card['id']}")).status_code == 204
    assert (await client.get(f"/cards/{card['id']}/{view}")).status_code == 200


async def test_entries_survive_the_removal_of_the_row(client: Client, tx: AsyncConnection) -> None:
    card = (await client.post("/cards", json={"title": "One"})).json()
    await tx.execute(delete(cards))
    entries = (await client.get(f"/cards/{card['id']}/audit")).json()["items"]
    assert [entry["verb"] for entry in entries] == ["DELETE", "INSERT"]
