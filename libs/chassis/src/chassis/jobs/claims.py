"""The row of a job while it runs: claimed under a lock, settled by what its handler returns."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from prometheus_client import Histogram
from sqlalchemy import Update, delete, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import WAITING, Again, Done, Job

# Shorter than PostgreSQL's deadlock_timeout: in a deadlock between a job and a request the job
# gives up before PostgreSQL chooses the request as the victim.
LOCK_TIMEOUT = "500ms"

LATE = Histogram(
    "l2c_job_late_seconds",
    "From run_at to the start of a chunk",
    ["kind"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800),
)


@dataclass(frozen=True)
class DueJob:
    """A due job as it was read, before it is claimed."""

    tenant: UUID
    id: UUID
    kind: str
    run_at: datetime
    attempts: int
    correlation_id: str
    traceparent: str
    actor: str | None = None
    origin: str | None = None


async def claimed(tx: AsyncConnection, ticket: DueJob) -> Job | None:
    """Lock and return the job's row; None if another runner has it or it is not due any more."""
    due = (
        select(jobs, func.now().label("now"))
        .add_columns(func.set_config("lock_timeout", LOCK_TIMEOUT, true()))
        .where(
            jobs.c.tenant_id == ticket.tenant,
            jobs.c.id == ticket.id,
            jobs.c.status == WAITING,
            jobs.c.run_at <= func.now(),
        )
        .with_for_update(skip_locked=True)
    )
    row = (await tx.execute(due)).one_or_none()
    if row is None:
        return None
    return Job(
        tenant=row.tenant_id,
        id=row.id,
        kind=row.kind,
        key=row.key,
        run_at=row.run_at,
        payload=row.payload,
        attempts=row.attempts,
        now=row.now,
    )


def observe_lateness(job: Job) -> None:
    """Count how late a chunk begins; every runner of chunks calls it once for each."""
    LATE.labels(job.kind).observe((job.now - job.run_at).total_seconds())


async def settle(tx: AsyncConnection, job: Job, outcome: Done | Again) -> None:
    """Delete a job that is done, or set when its next chunk runs.

    A job that its own handler has enqueued anew has another id, and stays as it was enqueued.
    """
    if isinstance(outcome, Done):
        mine = (jobs.c.tenant_id == job.tenant) & (jobs.c.id == job.id)
        await tx.execute(delete(jobs).where(mine))
        return
    again = {"run_at": outcome.run_at, "payload": dict(outcome.payload)}
    await tx.execute(change_of(job).values(**again, attempts=0, last_error=None))


def change_of(job: Job) -> Update:
    return update(jobs).where(jobs.c.tenant_id == job.tenant, jobs.c.id == job.id)
