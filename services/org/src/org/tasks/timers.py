"""Tasks that are overdue."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Done, Job
from org.tasks import actions


async def task_overdue(tx: AsyncConnection, job: Job) -> Done:
    """The day after a task's due date has begun."""
    due_date = date.fromisoformat(job.payload["due_date"])
    await actions.tell_overdue(tx, UUID(job.key), due_date=due_date, now=job.now)
    return Done()
