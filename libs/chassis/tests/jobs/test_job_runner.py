"""Tests of the job runner: due jobs run, tenants take turns, failures block no other job."""

import asyncio
from collections import Counter
from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.database.engine import Database
from chassis.foundation.context import Context, current, use_context
from chassis.jobs.queue import Again, Done, Job, enqueue
from chassis.jobs.runner import JobRunner
from kernel.ids import new_id
from libs.chassis.tests.jobs.running import (
    FAR_AHEAD,
    LONG_AGO,
    all_jobs,
    enqueue_due_jobs,
    eventually,
    no_job_is_left,
    running,
    shortly,
    texts,
    write_key_as_note,
    write_note,
)
from testkit.plugin import Committed


async def test_a_failing_job_is_given_up_and_blocks_no_other(
    committed: Committed, logs: list[MutableMapping[str, Any]]
) -> None:
    bad, good = new_id(), new_id()
    attempts: Counter[str] = Counter()

    async def fail_for_one_tenant(tx: AsyncConnection, job: Job) -> Done:
        attempts[job.key] += 1
        await write_note(tx, job.key)
        if job.tenant == bad:
            raise ValueError("no\0 good")
        return Done()

    await enqueue_due_jobs(committed, bad, "fail_for_one_tenant", [f"bad {n}" for n in range(10)])
    await enqueue_due_jobs(committed, good, "fail_for_one_tenant", [f"good {n}" for n in range(10)])
    runner = JobRunner(
        committed.worker, {"fail_for_one_tenant": fail_for_one_tenant}, attempts=3, backoff=shortly
    )

    async def settled() -> bool:
        remaining = await all_jobs(committed)
        return len(remaining) == 10 and all(job.status == "FAILED" for job in remaining)

    async with running(runner):
        await eventually(settled)
    assert len(await texts(committed, good)) == 10
    assert await texts(committed, bad) == []
    assert {attempts[f"bad {n}"] for n in range(10)} == {3}
    (failed, *_) = await all_jobs(committed)
    assert (failed.attempts, failed.last_error) == (3, "ValueError: no good")
    failure_lines = [line for line in logs if line["event"] == "job_failed"]
    assert [(line["log_level"], line["attempts"]) for line in failure_lines] == [("error", 3)] * 10


async def test_tenants_take_turns(committed: Committed) -> None:
    busy, quiet = new_id(), new_id()
    order: list[UUID] = []

    async def counted(_: AsyncConnection, job: Job) -> Done:
        order.append(job.tenant)
        return Done()

    await enqueue_due_jobs(committed, busy, "count", [str(n) for n in range(300)])
    async with committed.app.begin(quiet) as tx:
        for n in range(8):  # due later than all jobs of the busy tenant
            await enqueue(tx, "count", str(n), run_at=LONG_AGO + timedelta(days=1))
    async with running(JobRunner(committed.worker, {"count": counted})):
        await eventually(no_job_is_left(committed))
    last_of_quiet = max(place for place, tenant in enumerate(order) if tenant == quiet)
    assert last_of_quiet < 20


async def test_only_due_jobs_of_known_kinds_are_run(committed: Committed, tenant: UUID) -> None:
    await enqueue_due_jobs(committed, tenant, "note", ["now"])
    await enqueue_due_jobs(committed, tenant, "of-a-newer-build", ["later"])
    async with committed.app.begin(tenant) as tx:
        await enqueue(tx, "note", "tomorrow", run_at=FAR_AHEAD)
    async with running(JobRunner(committed.worker, {"note": write_key_as_note}, poll=0.02)):
        await asyncio.sleep(0.3)
    assert await texts(committed, tenant) == ["now"]
    assert [job.key for job in await all_jobs(committed)] == ["later", "tomorrow"]


async def test_a_stop_finishes_the_running_job(committed: Committed, tenant: UUID) -> None:
    started = asyncio.Event()

    async def slow(tx: AsyncConnection, job: Job) -> Done:
        started.set()
        await asyncio.sleep(0.2)
        return await write_key_as_note(tx, job)

    await enqueue_due_jobs(committed, tenant, "slow", ["a", "b", "c"])
    async with running(JobRunner(committed.worker, {"slow": slow}, concurrency=1)):
        await asyncio.wait_for(started.wait(), 5)
    assert len(await texts(committed, tenant)) == 1
    assert len(await all_jobs(committed)) == 2


async def test_a_handler_has_the_tenant_and_the_context_of_its_request(
    committed: Committed, tenant: UUID
) -> None:
    contexts: list[tuple[Context, UUID | None]] = []
    ids: list[str] = []

    async def look(tx: AsyncConnection, job: Job) -> Done:
        setting = await tx.execute(text("SELECT current_setting('app.tenant')::uuid"))
        contexts.append((current(), setting.scalar_one()))
        ids.append(str(job.id))
        assert job.run_at == LONG_AGO
        assert job.now > LONG_AGO
        return Done()

    request = Context(correlation_id="the-request", actor="li.na")
    with use_context(request):
        await enqueue_due_jobs(committed, tenant, "look", ["7"])
    async with running(JobRunner(committed.worker, {"look": look})):
        await eventually(no_job_is_left(committed))
    ((context, database_tenant),) = contexts
    assert (context.correlation_id, context.trace_id) == ("the-request", request.trace_id)
    assert (context.actor, context.tenant, database_tenant) == ("li.na", str(tenant), tenant)
    assert [context.job_id] == ids
    # A job is no request and no event: its events are caused by the request that enqueued it.
    assert (context.causation_id, context.request_id) == (None, "the-request")


async def test_a_job_locked_by_another_process_is_polled_seldom(
    committed: Committed, tenant: UUID
) -> None:
    """The runner does not query in a tight loop for a job that another process runs."""
    queries = 0
    other = Database(committed.urls.worker_url, name="counted")

    @event.listens_for(other.engine.sync_engine, "before_cursor_execute")
    def count(*_: object) -> None:
        nonlocal queries
        queries += 1

    await enqueue_due_jobs(committed, tenant, "note", ["7"])
    async with committed.worker.begin(tenant) as tx:
        await tx.execute(select(jobs.c.id).with_for_update())
        async with running(JobRunner(other, {"note": write_key_as_note})):
            await asyncio.sleep(1.5)
    await other.dispose()
    assert 2 <= queries <= 24


async def test_a_tenant_with_many_due_jobs_does_not_delay_another(committed: Committed) -> None:
    """A tenant with 15,000 jobs due since yesterday, another with one that is due now."""
    flood, quiet = new_id(), new_id()
    served: list[UUID] = []

    async def counted(_: AsyncConnection, job: Job) -> Done:
        served.append(job.tenant)
        return Done()

    async with committed.worker.begin(flood) as tx:
        await tx.execute(
            text("""
                INSERT INTO jobs (id, kind, key, run_at, payload, correlationid, traceparent)
                SELECT gen_random_uuid(), 'count', n::text, now() - interval '1 day', '{}', 'c',
                '00-' || repeat('1', 32) || '-' || repeat('1', 16) || '-01'
                FROM generate_series(1, 15000) AS n
            """)
        )
    async with committed.app.begin(quiet) as tx:
        await enqueue(tx, "count", "7", run_at=datetime.now(UTC))
    async with running(JobRunner(committed.worker, {"count": counted})):

        async def quiet_was_served() -> bool:
            return quiet in served

        await eventually(quiet_was_served, within=10)
    assert served.index(quiet) < 20


async def test_a_job_that_its_own_handler_replaces_runs_again(committed: Committed) -> None:
    tenant = new_id()

    async def once_more(tx: AsyncConnection, job: Job) -> Done:
        chunk = job.payload.get("chunk", 1)
        await write_note(tx, f"chunk {chunk}")
        if chunk < 3:
            payload = {"chunk": chunk + 1}
            await enqueue(tx, job.kind, job.key, run_at=LONG_AGO, payload=payload, replace=True)
        return Done()

    await enqueue_due_jobs(committed, tenant, "once_more", ["one"])
    async with running(JobRunner(committed.worker, {"once_more": once_more}, backoff=shortly)):
        await eventually(no_job_is_left(committed))
    assert await texts(committed, tenant) == ["chunk 1", "chunk 2", "chunk 3"]


async def test_a_replaced_job_keeps_its_own_time_whatever_its_handler_returns(
    committed: Committed,
) -> None:
    tenant = new_id()

    async def postpone(tx: AsyncConnection, job: Job) -> Again:
        await enqueue(tx, job.kind, job.key, run_at=FAR_AHEAD, payload={"n": 7}, replace=True)
        await write_note(tx, job.key)
        return Again(run_at=LONG_AGO, payload={"n": 8})

    async def written() -> bool:
        return await texts(committed, tenant) == ["one"]

    await enqueue_due_jobs(committed, tenant, "postpone", ["one"])
    async with running(JobRunner(committed.worker, {"postpone": postpone}, backoff=shortly)):
        await eventually(written)
    [job] = await all_jobs(committed)
    assert (job.run_at, job.payload, job.status) == (FAR_AHEAD, {"n": 7}, "WAITING")
