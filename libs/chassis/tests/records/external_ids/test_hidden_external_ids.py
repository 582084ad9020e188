"""Tests of external ids of records that are deleted, invisible, or being imported."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import func, select

from chassis.records.external_ids.reserve_ids import reserve_ids
from kernel.ids import new_id
from testkit.database import cards
from testkit.plugin import Client, Committed, PublishedFacts

EXTERNAL_ID = "sap/0001000042"
BY_SAP = f"/cards/by-external-id/{EXTERNAL_ID}"


async def test_writing_by_external_id_restores_a_deleted_record(
    client: Client, published: PublishedFacts
) -> None:
    created = (await client.put(BY_SAP, json={"title": "One"})).json()
    await client.delete(f"/cards/{created['id']}")
    deleted = await client.get(BY_SAP)
    assert (deleted.status_code, deleted.json()["params"]) == (404, {"key": EXTERNAL_ID})
    answer = await client.put(BY_SAP, json={"title": "Two"})
    assert (answer.status_code, answer.json()["id"]) == (200, created["id"])
    assert answer.json()["title"] == "Two"
    assert (await client.get(f"/cards/{created['id']}")).json() == answer.json()
    # written, deleted, restored, replaced
    assert [fact.sequence for fact in await published()] == [1, 2, 3, 4]


async def test_a_deleted_record_is_restored_without_changes(client: Client) -> None:
    created = (await client.put(BY_SAP, json={"title": "One"})).json()
    await client.delete(f"/cards/{created['id']}")
    answer = await client.put(BY_SAP, json={"title": "One"})
    assert (answer.status_code, answer.json()["version"]) == (200, 3)


@pytest.mark.parametrize("days", [(2, 3), (3, 2)])
async def test_the_latest_source_also_wins_after_a_deletion(
    client: Client, days: tuple[int, int]
) -> None:
    async def put(day: int) -> int:
        when = {"source_updated_at": f"2026-01-0{day}T00:00:00Z"}
        return (await client.put(BY_SAP, params=when, json={"title": str(day)})).status_code

    assert await put(1) == 201
    await client.delete(f"/cards/{(await client.get(BY_SAP)).json()['id']}")
    assert [await put(day) for day in days] == [200, 200]
    assert (await client.get(BY_SAP)).json()["title"] == "3"


async def test_an_older_source_does_not_restore_a_record(client: Client) -> None:
    late, early = ({"source_updated_at": f"2026-01-0{day}T00:00:00Z"} for day in (2, 1))
    created = (await client.put(BY_SAP, params=late, json={"title": "late"})).json()
    await client.delete(f"/cards/{created['id']}")
    answer = await client.put(BY_SAP, params=early, json={"title": "early"})
    assert (answer.status_code, answer.json()["code"]) == (404, "CARD_NOT_FOUND")
    assert answer.json()["params"] == {"key": EXTERNAL_ID}


async def test_the_id_of_an_invisible_record_is_not_disclosed(
    client: Client, token: Callable[..., str]
) -> None:
    when = {"source_updated_at": "2026-01-02T00:00:00Z"}
    await client.put(BY_SAP, params=when, json={"title": "One"})
    scope = "testkit.card.read testkit.card.write"
    stranger = {"Authorization": f"Bearer {token(sub='stranger', scope=scope)}"}
    older = {"source_updated_at": "2026-01-01T00:00:00Z"}
    for answer in (
        await client.get(BY_SAP, headers=stranger),
        await client.put(BY_SAP, json={"title": "Two"}, headers=stranger),
        await client.put(BY_SAP, params=older, json={"title": "Two"}, headers=stranger),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "CARD_NOT_FOUND")
        assert answer.json()["params"] == {"key": EXTERNAL_ID}


async def test_a_write_during_an_import_of_the_same_id_is_refused(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    """The second writer gets 409 and writes nothing."""
    async with committed.worker.begin(tenant) as importing:
        reserved = {"0001000042": new_id()}
        await reserve_ids(importing, "testkit.card", "sap", reserved)
        put = asyncio.create_task(committed_client.put(BY_SAP, json={"title": "One"}))
        await asyncio.sleep(0.3)  # it waits for the name
        assert not put.done()
    answer = await put
    assert (answer.status_code, answer.json()["code"]) == (409, "STALE_WRITE")
    async with committed.app.begin(tenant) as tx:
        assert (await tx.execute(select(func.count()).select_from(cards))).scalar_one() == 0


async def test_adding_an_id_during_its_import_is_refused(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    card = (await committed_client.post("/cards", json={"title": "One"})).json()
    path = f"/cards/{card['id']}/external-ids"
    async with committed.worker.begin(tenant) as importing:
        await reserve_ids(importing, "testkit.card", "sap", {"0001000042": new_id()})
        body = {"system": "sap", "external_id": "0001000042"}
        put = asyncio.create_task(committed_client.post(path, json=body))
        await asyncio.sleep(0.3)  # it waits for the name
        assert not put.done()
    answer = await put
    assert (answer.status_code, answer.json()["code"]) == (409, "STALE_WRITE")
