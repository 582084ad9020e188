"""Jobs of activities: the day of a next step."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.jobs.queue import Done, Job
from chassis.records.working_time.planned_tasks import planned_day
from chassis.web.commands import Command
from l2o.activities.actions import raise_next_step


async def remind_of_next_step(tx: AsyncConnection, job: Job) -> Done:
    """Give the owner of an activity the task of its next step on the day of it."""
    command = Command(tx, job.now, actor=current().actor)
    await raise_next_step(command, UUID(job.key), planned_day(job))
    return Done()
