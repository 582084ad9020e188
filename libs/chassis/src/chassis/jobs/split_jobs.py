"""Jobs that talk to the network between two transactions: prepare, perform, record.

No transaction waits for a mail server, a virus scanner or an object store. `prepare` decides in a
first transaction what to do, and the job is leased: nobody else runs it before the lease ends.
`perform` does it, without the database. `record` writes down what became of it. A process that dies
in between leaves the job to the next one when the lease ends: `prepare` then finds what it wrote
itself, and decides whether to do it once more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.database.engine import Database
from chassis.jobs.claims import DueJob, change_of, claimed, observe_lateness, settle
from chassis.jobs.queue import Again, Done, Job, JobHandler

W = TypeVar("W")
R = TypeVar("R")
LEASE = timedelta(minutes=10)
MARGIN = timedelta(seconds=20)  # of the lease, in which the result is written down


@dataclass(frozen=True, kw_only=True)
class SplitJob(Generic[W, R]):
    """The three steps of a job; `prepare` may also end the job or postpone it.

    `perform` gets no connection and is stopped shortly before the lease ends. What it raises counts
    as a failed attempt; a failure that is to be expected is a result, which `record` gets. `record`
    is called even if the job was cancelled or enqueued anew meanwhile: what was done was done.
    """

    prepare: Callable[[AsyncConnection, Job], Awaitable[W | Done | Again]]
    perform: Callable[[W], Awaitable[R]]
    record: Callable[[AsyncConnection, Job, W, R], Awaitable[Done | Again]]
    lease: timedelta = LEASE


AnyJobHandler = JobHandler | SplitJob[Any, Any]


@dataclass(frozen=True)
class LeasedJob(Generic[W]):
    """A job whose work is prepared and that nobody else runs before the lease ends."""

    job: Job
    work: W


async def prepare_split(
    database: Database, handler: SplitJob[W, R], ticket: DueJob
) -> LeasedJob[W] | Done | Again | None:
    """Claim a job and prepare its work, in a transaction; None if another runner has the job."""
    async with database.begin(ticket.tenant) as tx:
        job = await claimed(tx, ticket)
        if job is None:
            return None
        observe_lateness(job)
        work = await handler.prepare(tx, job)
        if isinstance(work, Done | Again):
            await settle(tx, job, work)
            return work
        until = job.now + handler.lease
        await tx.execute(change_of(job).values(run_at=until))
        return LeasedJob(replace(job, run_at=until), work)


async def finish_split(
    database: Database, handler: SplitJob[W, R], leased: LeasedJob[W]
) -> Done | Again:
    """Do the work without the database, and record its result in a transaction."""
    job = leased.job
    async with asyncio.timeout((handler.lease - MARGIN).total_seconds()):
        result = await handler.perform(leased.work)
    async with database.begin(job.tenant) as tx:
        outcome = await handler.record(tx, job, leased.work, result)
        if await _still_leased(tx, job):
            await settle(tx, job, outcome)
    return outcome


async def _still_leased(tx: AsyncConnection, job: Job) -> bool:
    """Lock the job's row; return False if it was cancelled or enqueued anew meanwhile."""
    mine = change_of(job).where(jobs.c.run_at == job.run_at).values(run_at=job.run_at)
    return (await tx.execute(mine.returning(jobs.c.id))).one_or_none() is not None


async def release_lease(database: Database, ticket: DueJob, job: Job) -> DueJob:
    """End the lease of a job that failed; return the job as it is now."""
    mine = (jobs.c.tenant_id == job.tenant) & (jobs.c.id == job.id)
    leased = update(jobs).where(mine, jobs.c.run_at == job.run_at).values(run_at=func.now())
    async with database.begin(job.tenant) as tx:
        run_at: datetime | None = await tx.scalar(leased.returning(jobs.c.run_at))
    return ticket if run_at is None else replace(ticket, run_at=run_at)
