"""Tests that a chunk of a job takes effect exactly once after crashes, and of its locks."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.jobs.queue import Again, Done, Job, cancel, enqueue
from chassis.jobs.runner import JobRunner
from kernel.ids import new_id
from libs.chassis.tests.jobs.running import (
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
from testkit.database import notes
from testkit.plugin import Committed


async def die(tx: AsyncConnection) -> None:
    """End the connection, as kill -9 or a database restart does."""
    await tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@pytest.fixture
async def databases(committed: Committed) -> AsyncIterator[list[Database]]:
    """The databases of four processes."""
    four = [Database(committed.urls.worker_url, name=f"runner-{n}", pool_size=6) for n in range(4)]
    yield four
    for database in four:
        await database.dispose()


async def test_jobs_take_effect_exactly_once_under_four_runners_and_crashes(
    committed: Committed, databases: list[Database]
) -> None:
    random_numbers = random.Random(11)
    tenants = [new_id() for _ in range(4)]
    crashes: Counter[str] = Counter()

    async def hostile(tx: AsyncConnection, job: Job) -> Done:
        await write_note(tx, job.key)
        draw = random_numbers.random()
        if draw < 0.1:
            crashes["backend"] += 1
            await die(tx)
        if draw < 0.2:
            crashes["cancelled"] += 1
            raise asyncio.CancelledError
        if draw < 0.3:
            crashes["bug"] += 1
            raise ZeroDivisionError
        await asyncio.sleep(random_numbers.random() * 0.01)
        return Done()

    for tenant in tenants:
        await enqueue_due_jobs(committed, tenant, "hostile", [f"{n:03}" for n in range(50)])
    runners = [
        JobRunner(d, {"hostile": hostile}, attempts=1000, backoff=shortly) for d in databases
    ]
    stop = asyncio.Event()
    tasks = [asyncio.create_task(runner.run(stop)) for runner in runners]
    await asyncio.sleep(0.3)
    tasks[0].cancel()  # one process dies while it runs jobs
    await eventually(no_job_is_left(committed), within=60)
    stop.set()
    await asyncio.gather(*tasks[1:])
    assert tasks[0].cancelled()
    for tenant in tenants:
        assert sorted(await texts(committed, tenant)) == [f"{n:03}" for n in range(50)]
    assert min(crashes.values()) > 5, crashes


async def test_chunks_resume_after_the_last_committed_chunk(
    committed: Committed, tenant: UUID
) -> None:
    crashed = asyncio.Event()

    async def in_chunks(tx: AsyncConnection, job: Job) -> Done | Again:
        at = job.payload["at"]
        await write_note(tx, f"chunk {at}")
        if at == 4 and not crashed.is_set():
            crashed.set()
            await asyncio.sleep(60)
        return Done() if at == 29 else Again(job.now, {"at": at + 1})

    await enqueue_due_jobs(committed, tenant, "import", ["7"], at=0)
    first = asyncio.create_task(
        JobRunner(committed.worker, {"import": in_chunks}).run(asyncio.Event())
    )
    await asyncio.wait_for(crashed.wait(), 10)
    first.cancel()
    await asyncio.wait([first])
    (job,) = await all_jobs(committed)
    assert job.payload == {"at": 4}
    began = asyncio.get_running_loop().time()
    async with running(JobRunner(committed.worker, {"import": in_chunks})):
        await eventually(no_job_is_left(committed))
    assert await texts(committed, tenant) == [f"chunk {n}" for n in range(30)]
    assert asyncio.get_running_loop().time() - began < 4  # the next chunk does not wait for a poll


async def test_a_lock_timeout_postpones_a_job_without_counting_an_attempt(
    committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        note_id = await write_note(tx, "contended")

    async def touch(tx: AsyncConnection, _: Job) -> Done:
        await tx.execute(update(notes).where(notes.c.id == note_id).values(text="touched"))
        return Done()

    await enqueue_due_jobs(committed, tenant, "touch", ["7"])
    await enqueue_due_jobs(committed, tenant, "note", ["beside"])
    kinds = {"touch": touch, "note": write_key_as_note}
    async with running(JobRunner(committed.worker, kinds, attempts=1)):
        async with committed.app.begin(tenant) as tx:
            await tx.execute(select(notes.c.id).with_for_update())
            await asyncio.sleep(2)
            (job,) = await all_jobs(committed)
            assert (job.status, job.attempts) == ("WAITING", 0)
            assert "lock timeout" in job.last_error
        await eventually(no_job_is_left(committed))
    assert sorted(await texts(committed, tenant)) == ["beside", "touched"]


async def test_a_request_is_never_the_victim_of_a_deadlock(
    committed: Committed, tenant: UUID
) -> None:
    """The job locks its row, then the note; the request locks the note, then the job."""
    claimed = asyncio.Event()
    async with committed.app.begin(tenant) as tx:
        note_id = await write_note(tx, "old")

    async def expire(tx: AsyncConnection, job: Job) -> Done:
        claimed.set()
        await asyncio.sleep(0.1)
        await tx.execute(update(notes).where(notes.c.id == note_id).values(text=job.payload["to"]))
        return Done()

    async with committed.app.begin(tenant) as tx:
        await enqueue(tx, "expire", "7", run_at=LONG_AGO, payload={"to": "too early"})
    async with running(JobRunner(committed.worker, {"expire": expire})):
        async with committed.app.begin(tenant) as tx:
            await tx.execute(select(notes.c.id).where(notes.c.id == note_id).with_for_update())
            await asyncio.wait_for(claimed.wait(), 5)
            payload = {"to": "expired"}
            assert await enqueue(tx, "expire", "7", run_at=LONG_AGO, payload=payload, replace=True)
        await eventually(no_job_is_left(committed))
    assert await texts(committed, tenant) == ["expired"]


async def test_a_job_enqueued_while_its_predecessor_runs_is_run_afterwards(
    committed: Committed, tenant: UUID
) -> None:
    claimed, go = asyncio.Event(), asyncio.Event()

    async def slow(tx: AsyncConnection, job: Job) -> Done:
        claimed.set()
        await go.wait()
        return await write_key_as_note(tx, job)

    await enqueue_due_jobs(committed, tenant, "slow", ["7"])
    async with running(JobRunner(committed.worker, {"slow": slow})):
        await asyncio.wait_for(claimed.wait(), 5)
        async with committed.app.begin(tenant) as tx:
            assert not await cancel(tx, "slow", "7")  # it is running, and cancel does not wait
        second = asyncio.create_task(enqueue_due_jobs(committed, tenant, "slow", ["7"]))
        await asyncio.sleep(0.1)
        go.set()
        await second
        await eventually(no_job_is_left(committed))
    assert await texts(committed, tenant) == ["7", "7"]
