"""Jobs of assignment: new leads that wait for it, and another try for those that nobody got."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.jobs.queue import Again, Done, Job
from chassis.web.commands import Command
from mtl.assignments.actions.running import assign_unassigned, assign_waiting


def _command(tx: AsyncConnection, job: Job) -> Command:
    return Command(tx, job.now, actor=current().actor)


async def assign_new_leads(tx: AsyncConnection, job: Job) -> Done | Again:
    """Assign a chunk of the leads that wait for the rules."""
    return Again(run_at=job.now) if await assign_waiting(_command(tx, job)) else Done()


async def assign_left_leads(tx: AsyncConnection, job: Job) -> Done | Again:
    """Try again to assign a chunk of the leads that nobody could be given."""
    after = job.payload.get("after")
    last = await assign_unassigned(_command(tx, job), None if after is None else UUID(after))
    return Done() if last is None else Again(run_at=job.now, payload={"after": str(last)})
