"""Jobs of leads: the deadline of a conversion."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from mtl.leads import actions

CHECK_INTERVAL = timedelta(hours=1)


async def check_conversion_deadline(tx: AsyncConnection, job: Job) -> Done | Again:
    """Report an overdue conversion, and check again every hour until it has ended."""
    lead_id = UUID(job.payload["lead_id"])
    overdue = await actions.report_overdue_conversion(tx, UUID(job.key), lead_id=lead_id)
    return Again(run_at=job.now + CHECK_INTERVAL, payload=job.payload) if overdue else Done()
