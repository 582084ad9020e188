"""Reminders whose instant has come."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Done, Job
from org.reminders import actions


async def reminder_due(tx: AsyncConnection, job: Job) -> Done:
    """Send it, unless it was put off; then a job of its own comes."""
    await actions.send_reminder(tx, UUID(job.key), now=job.now)
    return Done()
