"""The job that sends due reminders."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Done, Job
from chassis.web.commands import Command
from org.reminders import actions


async def reminder_due(tx: AsyncConnection, job: Job) -> Done:
    """Send the reminder; one that was postponed has another job."""
    await actions.send_reminder(Command(tx, job.now), UUID(job.key))
    return Done()
