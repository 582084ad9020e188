"""Grants are forgotten when they hold no more; that they were there stays in the audit."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from chassis.jobs.queue import Done, Job, JobHandler
from chassis.records.access.tables import grants

GRANT_EXPIRY_JOB = "grant_expiry"
LATEST_MIDNIGHT = timedelta(days=1)  # by then a day has begun wherever the tenant is


async def schedule_grant_expiry(tx: AsyncConnection, grant_id: UUID, until_date: date) -> None:
    """Forget the grant once `until_date`, the first day without it, has begun."""
    run_at = datetime.combine(until_date, time(), UTC) + LATEST_MIDNIGHT
    await queue.enqueue(tx, GRANT_EXPIRY_JOB, str(grant_id), run_at=run_at, replace=True)


async def _forget(tx: AsyncConnection, job: Job) -> Done:
    """Unless it was granted for longer meanwhile: then another job knows of it."""
    last = (job.now - LATEST_MIDNIGHT).date()
    mine = grants.c.id == UUID(job.key)
    await tx.execute(delete(grants).where(mine, grants.c.until_date <= last))
    return Done()


GRANT_JOBS: Mapping[str, JobHandler] = {GRANT_EXPIRY_JOB: _forget}
