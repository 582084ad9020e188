"""The deadline of a conversion."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.jobs.queue import Again, Done, Job
from chassis.web.commands import Command
from mtl.conversions.actions.conversions import follow_conversion


async def check_conversion_deadline(tx: AsyncConnection, job: Job) -> Done | Again:
    """Request a conversion again that got no answer, and open the lead in the end."""
    command = Command(tx, job.now, actor=current().actor)
    wait = await follow_conversion(command, UUID(job.payload["lead_id"]), UUID(job.key))
    return Done() if wait is None else Again(run_at=job.now + wait, payload=job.payload)
