"""Helpers that start job runners, wait for conditions and stop the runners again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Done, Job, enqueue
from chassis.jobs.runner import JobRunner
from kernel.ids import new_id
from testkit.database import notes
from testkit.plugin import Committed

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)


def shortly(_attempts: int) -> timedelta:
    """Return a short back-off for tests."""
    return timedelta(milliseconds=20)


@asynccontextmanager
async def running(*runners: JobRunner) -> AsyncIterator[None]:
    """Run the runners during the block; jobs that are running at its end are finished."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(runner.run(stop)) for runner in runners]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def eventually(condition: Callable[[], Awaitable[bool]], *, within: float = 20) -> None:
    """Wait until the condition holds; TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        while not await condition():  # noqa: ASYNC110  # the condition is in the database
            await asyncio.sleep(0.02)


async def write_note(tx: AsyncConnection, note_text: str) -> UUID:
    """Write a note, which is the effect of a job, in the transaction of the job."""
    note_id = new_id()
    await tx.execute(insert(notes).values(id=note_id, text=note_text, version=1))
    return note_id


async def texts(committed: Committed, tenant: UUID) -> list[str]:
    async with committed.app.begin(tenant) as tx:
        return list((await tx.execute(select(notes.c.text).order_by(notes.c.id))).scalars())


async def all_jobs(committed: Committed) -> list[Row[Any]]:
    async with committed.worker.begin(None) as tx:
        return list((await tx.execute(select(jobs).order_by(jobs.c.key))).all())


def no_job_is_left(committed: Committed) -> Callable[[], Awaitable[bool]]:
    async def empty() -> bool:
        return not await all_jobs(committed)

    return empty


async def enqueue_due_jobs(
    committed: Committed, tenant: UUID, kind: str, keys: list[str], **payload: int
) -> None:
    async with committed.app.begin(tenant) as tx:
        for key in keys:
            await enqueue(tx, kind, key, run_at=LONG_AGO, payload=payload)


async def write_key_as_note(tx: AsyncConnection, job: Job) -> Done:
    await write_note(tx, job.key)
    return Done()
