"""Jobs of leads: a sleeping lead wakes on its day, or because its person was in touch."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.jobs.queue import Again, Done, Job
from chassis.web.commands import Command
from mtl.leads.actions import waking


async def wake_lead(tx: AsyncConnection, job: Job) -> Done | Again:
    """Open a lead on the day until which it sleeps, or because it was touched."""
    command = Command(tx, job.now, actor=current().actor)
    lead_id = UUID(job.payload["lead_id"])
    if "touched_at" in job.payload:
        at = datetime.fromisoformat(job.payload["touched_at"])
        await waking.wake_touched_lead(command, lead_id, at)
    else:
        await waking.wake_lead(command, lead_id, date.fromisoformat(job.payload["wakes_on"]))
    return Done()
