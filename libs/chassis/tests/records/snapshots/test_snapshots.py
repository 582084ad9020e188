"""Snapshots: every record once at its present version, paged, resumable, and without effects."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs, outbox
from chassis.events.in_process_transport import InProcessTransport
from chassis.events.relay.relay import Relay
from chassis.foundation.clock import now
from chassis.jobs.queue import Again, Done
from chassis.jobs.runner import JobRunner
from chassis.records.record_commands import delete_record, edit_record
from chassis.records.snapshots import job
from chassis.records.snapshots.job import fail_snapshot, snapshot_job
from chassis.records.snapshots.runs import (
    SNAPSHOT_JOB,
    SnapshotStatus,
    get_run,
)
from chassis.web.commands import Command
from kernel.errors import Conflict
from kernel.ids import new_id
from libs.chassis.tests.records.snapshots.snapshotting import (
    SOURCE,
    KilledError,
    add_cards,
    publish_all_pages,
    request,
    run_chunk,
    snapshots_of,
)
from testkit.cards.store import CARD
from testkit.jobs import make_job
from testkit.plugin import Client, Committed


async def test_every_record_is_published_once_at_its_version_deleted_ones_included(
    committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        ids = await add_cards(tx, 250)
    async with committed.app.begin(tenant) as tx:
        command = Command(tx, now())
        await edit_record(command, CARD, ids[3], partial(replace, title="new"))
        await delete_record(command, CARD, ids[7])
    run = await publish_all_pages(committed.worker, tenant, await request(committed.app, tenant))
    assert (run.status, run.published, run.total) == (SnapshotStatus.SENDING, 250, 250)
    versions = {ids[3]: 2, ids[7]: 2}
    expected = [(key, versions.get(key, 1), key == ids[7]) for key in sorted(ids)]
    assert await snapshots_of(committed.worker, tenant) == expected


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kills=st.lists(st.booleans(), max_size=6), rate=st.integers(1, 40))
async def test_a_killed_worker_repeats_and_omits_nothing(
    committed: Committed, kills: list[bool], rate: int
) -> None:
    tenant = new_id()
    async with committed.app.begin(tenant) as tx:
        ids = await add_cards(tx, 45)
    snapshot = await request(committed.app, tenant, records_per_second=rate)
    for is_killed in kills:
        if is_killed:
            with pytest.raises(KilledError):
                await run_chunk(committed.worker, tenant, snapshot, is_killed=True)
        else:
            await run_chunk(committed.worker, tenant, snapshot)
    await publish_all_pages(committed.worker, tenant, snapshot)
    assert await snapshots_of(committed.worker, tenant) == [(key, 1, False) for key in sorted(ids)]


async def test_runs_of_tenants_that_share_an_id_stay_apart(
    committed: Committed, tenant: UUID
) -> None:
    other = new_id()
    snapshot = await request(committed.worker, tenant)
    for one, number in ((tenant, 3), (other, 5)):
        async with committed.app.begin(one) as tx:
            await add_cards(tx, number)
    await request(committed.worker, other, snapshot_id=snapshot)
    assert (await publish_all_pages(committed.worker, tenant, snapshot)).published == 3
    async with committed.worker.begin(other) as tx:
        assert (await get_run(tx, snapshot)).published == 0
    assert (await publish_all_pages(committed.worker, other, snapshot)).published == 5
    assert len(await snapshots_of(committed.worker, tenant)) == 3


async def test_a_rate_delays_the_next_page(committed: Committed, tenant: UUID) -> None:
    async with committed.app.begin(tenant) as tx:
        await add_cards(tx, 30)
    snapshot = await request(committed.app, tenant, records_per_second=10)
    at = now()
    async with committed.worker.begin(tenant) as tx:
        outcome = await snapshot_job([SOURCE])(tx, make_job(tenant, SNAPSHOT_JOB, snapshot, now=at))
    assert isinstance(outcome, Again)
    assert (outcome.run_at - at).total_seconds() == 1.0  # 10 records at 10 per second


async def test_writers_wait_for_a_page_so_versions_stay_in_order(
    committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        ids = await add_cards(tx, 20)
    snapshot = await request(committed.app, tenant, records_per_second=5)

    async def write(card_id: UUID) -> None:
        for number in range(5):
            async with committed.app.begin(tenant) as tx:
                title = partial(replace, title=f"{number}")
                await edit_record(Command(tx, now()), CARD, card_id, title)

    await asyncio.gather(
        publish_all_pages(committed.worker, tenant, snapshot), *(write(key) for key in ids)
    )
    async with committed.worker.begin(tenant) as tx:
        o = outbox.c
        query = select(o.aggregateid, o.aggversion).where(o.tenant_id == tenant).order_by(o.seq)
        rows = (await tx.execute(query)).all()
    for key in ids:
        versions = [row.aggversion for row in rows if row.aggregateid == key]
        assert versions == sorted(versions)
        assert len(versions) == 7  # 6 facts and one snapshot
        assert set(versions) == {1, 2, 3, 4, 5, 6}


async def test_it_is_finished_once_the_relay_has_sent_it(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "SENT_POLL", timedelta(seconds=0.02))
    async with committed.app.begin(tenant) as tx:
        await add_cards(tx, 3)
    snapshot = await request(committed.app, tenant)
    runner = JobRunner(committed.worker, {SNAPSHOT_JOB: snapshot_job([SOURCE])}, poll=0.02)
    stop = asyncio.Event()
    running = asyncio.create_task(runner.run(stop))
    relay = Relay("testkit", committed.urls.worker_url, InProcessTransport([]))
    try:
        assert await waiting(committed, tenant, snapshot) is SnapshotStatus.SENDING
        sent = 0
        while await waiting(committed, tenant, snapshot) is not SnapshotStatus.FINISHED:
            sent += await relay.drain()
        assert sent == 7  # three facts, three snapshots, and that they are complete
    finally:
        stop.set()
        await running
    async with committed.worker.begin(tenant) as tx:
        assert (await tx.execute(select(jobs.c.id).where(jobs.c.tenant_id == tenant))).all() == []


async def waiting(committed: Committed, tenant: UUID, snapshot_id: UUID) -> SnapshotStatus:
    """Return the status once the records are published and some time has passed."""
    async with asyncio.timeout(20):
        while True:
            await asyncio.sleep(0.02)
            async with committed.worker.begin(tenant) as tx:
                status = (await get_run(tx, snapshot_id)).status
            if status is not SnapshotStatus.RUNNING:
                return status


async def test_a_job_given_up_marks_its_run(committed: Committed, tenant: UUID) -> None:
    snapshot = await request(committed.app, tenant)
    async with committed.worker.begin(tenant) as tx:
        mine = jobs.c.tenant_id == tenant
        await tx.execute(update(jobs).where(mine).values(last_error="broken"))
        job_id = await tx.scalar(select(jobs.c.id).where(mine))
        await fail_snapshot(tx, make_job(tenant, SNAPSHOT_JOB, snapshot, id=job_id))
        run = await get_run(tx, snapshot)
    assert (run.status, run.error) == (SnapshotStatus.FAILED, "broken")
    assert isinstance(await run_chunk(committed.worker, tenant, snapshot), Done)


async def test_one_snapshot_of_a_tenant_runs_at_a_time(committed: Committed, tenant: UUID) -> None:
    results = await asyncio.gather(
        *(request(committed.app, tenant) for _ in range(4)), return_exceptions=True
    )
    refused = [one for one in results if isinstance(one, Conflict)]
    assert [one.code for one in refused] == ["SNAPSHOT_RUNNING"] * 3
    assert await request(committed.app, new_id())  # another tenant's


async def test_the_routes_start_a_snapshot_and_show_its_progress(
    client: Client, tx: AsyncConnection
) -> None:
    await add_cards(tx, 1)
    body = {"aggregate": "card", "records_per_second": 50, "note": "a new reader"}
    created = await client.post("/event-snapshots", json=body)
    assert created.status_code == 202, created.text
    run = created.json()
    assert {name: run[name] for name in ("status", "aggregates", "published", "total", "note")} == {
        "status": "RUNNING",
        "aggregates": ["testkit.card"],
        "published": 0,
        "total": None,
        "note": "a new reader",
    }
    again = await client.post("/event-snapshots", json={})
    assert (again.status_code, again.json()["code"]) == (409, "SNAPSHOT_RUNNING")
    assert (await client.get(f"/event-snapshots/{run['id']}")).json() == run
    assert (await client.get("/event-snapshots")).json()["items"] == [run]
    unknown = await client.get(f"/event-snapshots/{new_id()}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "SNAPSHOT_NOT_FOUND")


async def test_a_wrong_request_names_every_violation(client: Client) -> None:
    body = {"records_per_second": 0, "note": "", "x": 1}
    answer = await client.post("/event-snapshots", json=body)
    assert answer.status_code == 422
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/records_per_second", "/note", "/x"}
    unknown = await client.post("/event-snapshots", json={"aggregate": "deck"})
    assert [error["code"] for error in unknown.json()["errors"]] == ["AGGREGATE_UNKNOWN"]
    assert "card" in unknown.json()["errors"][0]["message"]
