"""Jobs of leads: the day on which a lead wakes."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.jobs.queue import Again, Done, Job
from chassis.web.commands import Command
from mtl.leads.actions import moves


async def wake_lead(tx: AsyncConnection, job: Job) -> Done | Again:
    """Open a lead on the day until which it sleeps."""
    command = Command(tx, job.now, actor=current().actor)
    wakes_on = date.fromisoformat(job.payload["wakes_on"])
    await moves.wake_lead(command, UUID(job.payload["lead_id"]), wakes_on)
    return Done()
