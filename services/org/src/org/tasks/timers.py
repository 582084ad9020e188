"""The job that checks for overdue tasks."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Done, Job
from org.tasks import actions


async def task_overdue(tx: AsyncConnection, job: Job) -> Done:
    """Notify the assignee on the day after the due date."""
    due_date = date.fromisoformat(job.payload["due_date"])
    await actions.notify_overdue(tx, UUID(job.key), due_date=due_date, now=job.now)
    return Done()
