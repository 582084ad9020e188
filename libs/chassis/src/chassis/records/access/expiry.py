"""Deletion of expired grants; the audit trail keeps that they existed."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from chassis.jobs.queue import Done, Job, JobHandler
from chassis.records.access.grant_events import write_grants
from chassis.records.access.tables import grants
from contracts.work import RecordRef

GRANT_EXPIRY_JOB = "grant_expiry"
LATEST_MIDNIGHT = timedelta(days=1)  # after midnight UTC the day has begun in every time zone


async def schedule_grant_expiry(
    tx: AsyncConnection, grant_id: UUID, until_date: date, about: RecordRef
) -> None:
    """Schedule the deletion of a grant once `until_date`, the first day without it, has begun."""
    run_at = datetime.combine(until_date, time(), UTC) + LATEST_MIDNIGHT
    await queue.enqueue(
        tx, GRANT_EXPIRY_JOB, str(grant_id), run_at=run_at, about=about, replace=True
    )


async def _delete_expired_grant(tx: AsyncConnection, job: Job) -> Done:
    """Delete the grant, unless it has been extended: then another job deletes it later."""
    latest_expired = (job.now - LATEST_MIDNIGHT).date()
    is_grant = grants.c.id == UUID(job.key)
    await write_grants(tx, delete(grants).where(is_grant, grants.c.until_date <= latest_expired))
    return Done()


GRANT_JOBS: Mapping[str, JobHandler] = {GRANT_EXPIRY_JOB: _delete_expired_grant}
