"""Tests of enqueueing jobs: once per kind and key, in the transaction of the business write."""

import asyncio
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.foundation.context import Context, use_context
from chassis.jobs.queue import cancel, enqueue
from kernel.ids import new_id
from libs.chassis.tests.jobs.running import FAR_AHEAD, LONG_AGO, all_jobs
from testkit.plugin import Committed


async def test_a_second_enqueue_of_a_key_keeps_the_first_job(tx: AsyncConnection) -> None:
    with use_context(Context(correlation_id="the-request")):
        assert await enqueue(tx, "remind", "7", run_at=FAR_AHEAD, payload={"n": 1})
    assert not await enqueue(tx, "remind", "7", run_at=LONG_AGO, payload={"n": 2})
    assert await enqueue(tx, "remind", "8", run_at=FAR_AHEAD)
    assert await enqueue(tx, "expire", "7", run_at=FAR_AHEAD)
    row = (await tx.execute(select(jobs).where(jobs.c.kind == "remind", jobs.c.key == "7"))).one()
    assert (row.run_at, row.payload, row.status) == (FAR_AHEAD, {"n": 1}, "WAITING")
    assert row.correlationid == "the-request"


async def test_replace_changes_time_and_payload(tx: AsyncConnection) -> None:
    await enqueue(tx, "remind", "7", run_at=FAR_AHEAD, payload={"n": 1})
    assert await enqueue(tx, "remind", "7", run_at=LONG_AGO, payload={"n": 2}, replace=True)
    row = (await tx.execute(select(jobs))).one()
    assert (row.run_at, row.payload) == (LONG_AGO, {"n": 2})


async def test_enqueueing_a_failed_job_resets_it(tx: AsyncConnection) -> None:
    await enqueue(tx, "remind", "7", run_at=LONG_AGO)
    await tx.execute(update(jobs).values(status="FAILED", attempts=8, last_error="bug"))
    assert await enqueue(tx, "remind", "7", run_at=FAR_AHEAD)
    row = (await tx.execute(select(jobs))).one()
    assert (row.status, row.attempts, row.last_error) == ("WAITING", 0, None)


async def test_a_cancelled_job_is_deleted(tx: AsyncConnection) -> None:
    await enqueue(tx, "remind", "7", run_at=FAR_AHEAD)
    await enqueue(tx, "remind", "8", run_at=FAR_AHEAD)
    assert await cancel(tx, "remind", "7")
    assert not await cancel(tx, "remind", "7")
    assert list((await tx.execute(select(jobs.c.key))).scalars()) == ["8"]


async def test_the_worker_changes_jobs_of_the_current_tenant_only(committed: Committed) -> None:
    tenants = [new_id(), new_id()]
    for tenant in tenants:
        async with committed.worker.begin(tenant) as tx:
            assert await enqueue(tx, "remind", "7", run_at=FAR_AHEAD)
    async with committed.worker.begin(tenants[0]) as tx:
        assert await cancel(tx, "remind", "7")
        assert not await cancel(tx, "remind", "7")
    assert [job.tenant_id for job in await all_jobs(committed)] == [tenants[1]]


async def test_a_rollback_leaves_no_job(committed: Committed, tenant: UUID) -> None:
    async with committed.app.begin(tenant) as tx:
        await enqueue(tx, "remind", "7", run_at=FAR_AHEAD)
        await tx.rollback()
    assert await all_jobs(committed) == []


async def test_twenty_concurrent_enqueues_of_a_key_make_one_job(
    committed: Committed, tenant: UUID
) -> None:
    async def enqueue_once() -> bool:
        async with committed.app.begin(tenant) as tx:
            return await enqueue(tx, "remind", "7", run_at=FAR_AHEAD)

    enqueued = await asyncio.gather(*(enqueue_once() for _ in range(20)))
    assert enqueued.count(True) == 1
    assert len(await all_jobs(committed)) == 1
