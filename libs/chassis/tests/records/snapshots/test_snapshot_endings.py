"""How a snapshot ends: it publishes that it is complete, or it is cancelled."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from chassis.events.in_process_transport import InProcessTransport
from chassis.events.relay.relay import Relay
from chassis.foundation.clock import now
from chassis.jobs.queue import Again, Done
from chassis.records.record_commands import remove_record
from chassis.records.record_types import RecordType
from chassis.records.snapshots.runs import (
    SnapshotRun,
    SnapshotStatus,
    cancel_snapshot,
    get_run,
)
from chassis.records.snapshots.sources import record_source
from chassis.records.snapshots.work import work_source
from chassis.records.work.actions import raise_task, settle_tasks
from chassis.web.commands import Command
from contracts.work import RecordRef, TaskKind
from kernel.errors import Conflict, NotFound
from kernel.ids import new_id
from libs.chassis.tests.records.snapshots.snapshotting import (
    SOURCE,
    add_cards,
    publish_all_pages,
    request,
    run_chunk,
    snapshots_of,
)
from testkit.cards.store import CARD, Card
from testkit.plugin import Client, Committed
from testkit.tenants import add_tenants

CALL = TaskKind("CALL_BACK", zh="回电 {name}", en="Call {name} back")


async def run_of(committed: Committed, tenant: UUID, snapshot_id: UUID) -> SnapshotRun:
    async with committed.worker.begin(tenant) as tx:
        return await get_run(tx, snapshot_id)


async def cancel(committed: Committed, tenant: UUID, snapshot_id: UUID) -> SnapshotRun:
    async with committed.app.begin(tenant) as tx:
        return await cancel_snapshot(tx, snapshot_id, by="ada", now=now(), note="by mistake")


async def completions(committed: Committed, tenant: UUID) -> list[dict[str, Any]]:
    """Return what was published about snapshots that are complete."""
    o = outbox.c
    query = select(o.payload).where(o.type == "testkit.snapshot_run.finished.v1")
    async with committed.worker.begin(tenant) as tx:
        rows = await tx.execute(query.where(o.tenant_id == tenant).order_by(o.seq))
        return [payload["snapshot_run"] for payload in rows.scalars()]


async def finish(committed: Committed, tenant: UUID, snapshot_id: UUID) -> SnapshotRun:
    """Run all chunks, and the relay in between."""
    relay = Relay("testkit", committed.urls.worker_url, InProcessTransport([]))
    await publish_all_pages(committed.worker, tenant, snapshot_id)
    while not (run := await run_of(committed, tenant, snapshot_id)).is_ended:
        while await relay.drain():
            pass
        await relay.drain()
        await run_chunk(committed.worker, tenant, snapshot_id)
    return run


@pytest.mark.parametrize("number", [0, 3])
async def test_a_complete_snapshot_says_so_after_its_last_record_was_sent(
    committed: Committed, tenant: UUID, number: int
) -> None:
    """Also one without any record: else nobody could know that the publisher has none."""
    async with committed.app.begin(tenant) as tx:
        await add_cards(tx, number)
    snapshot = await request(committed.app, tenant)
    await publish_all_pages(committed.worker, tenant, snapshot)
    await run_chunk(committed.worker, tenant, snapshot)  # the relay has sent nothing yet
    assert await completions(committed, tenant) == []
    run = await finish(committed, tenant, snapshot)
    assert (run.status, run.published) == (SnapshotStatus.FINISHED, number)
    assert await completions(committed, tenant) == [
        {"snapshot_id": str(snapshot), "aggregates": ["testkit.card"], "records": number}
    ]


async def test_a_record_that_is_deleted_for_good_between_two_pages_is_not_missed(
    committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        ids = sorted(await add_cards(tx, 6))
    snapshot = await request(committed.app, tenant, records_per_second=5)
    await run_chunk(committed.worker, tenant, snapshot)
    async with committed.app.begin(tenant) as tx:
        await remove_record(Command(tx, now()), CARD, ids[5])  # the only one of the last page
    run = await finish(committed, tenant, snapshot)
    assert (run.status, run.published, run.total) == (SnapshotStatus.FINISHED, 5, 6)
    assert [one["records"] for one in await completions(committed, tenant)] == [5]


async def test_a_cancelled_snapshot_publishes_nothing_more(
    committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await add_cards(tx, 10)
    snapshot = await request(committed.app, tenant, records_per_second=4)
    await run_chunk(committed.worker, tenant, snapshot)
    cancelled = await cancel(committed, tenant, snapshot)
    assert (cancelled.status, cancelled.published) == (SnapshotStatus.CANCELLED, 4)
    assert (cancelled.cancelled_by, cancelled.cancel_note) == ("ada", "by mistake")
    assert cancelled.finished_at is not None
    assert await cancel(committed, tenant, snapshot) == cancelled
    assert isinstance(await run_chunk(committed.worker, tenant, snapshot), Done)
    assert len(await snapshots_of(committed.worker, tenant)) == 4
    assert await request(committed.app, tenant)  # another one may begin


async def test_a_finished_snapshot_cannot_be_cancelled(committed: Committed, tenant: UUID) -> None:
    snapshot = await request(committed.app, tenant)
    finished = await finish(committed, tenant, snapshot)
    with pytest.raises(Conflict, match="RUN_ENDED"):
        await cancel(committed, tenant, snapshot)
    assert await run_of(committed, tenant, snapshot) == finished
    with pytest.raises(NotFound):
        await cancel(committed, new_id(), snapshot)


async def test_a_page_and_the_cancellation_are_one_after_the_other(
    committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await add_cards(tx, 12)
    for _ in range(4):
        snapshot = await request(committed.app, tenant, records_per_second=5)
        before = len(await snapshots_of(committed.worker, tenant))
        outcome, cancelled, _ = await asyncio.gather(
            run_chunk(committed.worker, tenant, snapshot),
            cancel(committed, tenant, snapshot),
            cancel(committed, tenant, snapshot),
        )
        published = len(await snapshots_of(committed.worker, tenant)) - before
        run = await run_of(committed, tenant, snapshot)
        assert (run.status, run.published) == (SnapshotStatus.CANCELLED, published)
        assert published == (5 if isinstance(outcome, Again) else 0)
        assert cancelled.published == published


async def test_the_route_cancels_and_names_who_did(
    committed: Committed, committed_client: Client, tenant: UUID
) -> None:
    run = (await committed_client.post("/event-snapshots", json={"aggregate": "card"})).json()
    path = f"/event-snapshots/{run['id']}/cancel"
    answer = await committed_client.post(path, json={"note": "the wrong one"})
    assert answer.status_code == 200, answer.text
    cancelled = answer.json()
    assert (cancelled["status"], cancelled["cancel_note"]) == ("CANCELLED", "the wrong one")
    assert cancelled["cancelled_by"] == run["requested_by"]
    assert (await committed_client.post(path, json={})).json() == cancelled
    wrong = await committed_client.post(path, json={"note": "", "reason": "x"})
    assert {error["pointer"] for error in wrong.json()["errors"]} == {"/note", "/reason"}
    again = (await committed_client.post("/event-snapshots", json={"aggregate": "card"})).json()
    await finish(committed, tenant, UUID(again["id"]))
    refused = await committed_client.post(f"/event-snapshots/{again['id']}/cancel", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "RUN_ENDED")
    unknown = await committed_client.post(f"/event-snapshots/{new_id()}/cancel", json={})
    assert unknown.status_code == 404


async def test_work_is_published_again_at_its_version(committed: Committed, tenant: UUID) -> None:
    other = new_id()
    await add_tenants(committed.app, other)
    about = [RecordRef(resource="testkit.card", record_id=new_id()) for _ in range(3)]
    async with committed.app.begin(tenant) as tx:
        for one in about:
            await raise_task(tx, CALL, one, assignee="li", params={"name": "Acme"})
        await settle_tasks(tx, about[1])
    source = work_source("testkit")
    async with committed.worker.begin(tenant) as tx:
        page = await source.page(tx, None, 10)
        events = [source.event(record, new_id()) for record in page.records]
    assert [record.id for record in page.records] == sorted(one.record_id for one in about)
    assert {record.id: record.version for record in page.records} == {
        one.record_id: 2 if one == about[1] else 1 for one in about
    }
    tasks = {event.work.record_id: event.work.tasks for event in events}  # type: ignore[attr-defined]  # of every work event
    assert {key: task.open for key, (task,) in tasks.items()} == {
        one.record_id: one != about[1] for one in about
    }
    assert {event.type for event in events} == {"testkit.work.snapshot.v1"}
    async with committed.worker.begin(other) as tx:
        assert (await source.page(tx, None, 10)).records == []


async def test_records_that_can_only_be_read_one_by_one_are_published_alike(
    committed: Committed, tenant: UUID
) -> None:
    async def fetch(
        tx: AsyncConnection, key: UUID, *, lock: bool = False, with_deleted: bool = False
    ) -> Card:
        return await CARD.get(tx, key, lock=lock, with_deleted=with_deleted)

    slow: RecordType[Card] = replace(CARD, fetch=fetch)
    async with committed.app.begin(tenant) as tx:
        ids = await add_cards(tx, 4)
        fast_page = await SOURCE.page(tx, None, 10)
        assert await record_source(slow).page(tx, None, 10) == fast_page
        assert [card.id for card in fast_page.records] == sorted(ids)
