"""The deadline of a conversion."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from mtl.leads import actions

NEXT_LOOK = timedelta(hours=1)


async def conversion_deadline(tx: AsyncConnection, job: Job) -> Done | Again:
    """Every hour, until L2O has answered or somebody has seen to it."""
    lead_id = UUID(job.payload["lead_id"])
    overdue = await actions.report_overdue(tx, UUID(job.key), lead_id=lead_id)
    return Again(run_at=job.now + NEXT_LOOK, payload=job.payload) if overdue else Done()
