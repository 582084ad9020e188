"""Jobs of leads: the deadline of a conversion, and the day on which a lead wakes."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.jobs.queue import Again, Done, Job
from chassis.web.commands import Command
from mtl.leads.actions import conversions, moves

CHECK_INTERVAL = timedelta(hours=1)


async def check_conversion_deadline(tx: AsyncConnection, job: Job) -> Done | Again:
    """Report an overdue conversion, and check again every hour until it has ended."""
    lead_id = UUID(job.payload["lead_id"])
    overdue = await conversions.report_overdue_conversion(tx, UUID(job.key), lead_id=lead_id)
    return Again(run_at=job.now + CHECK_INTERVAL, payload=job.payload) if overdue else Done()


async def wake_lead(tx: AsyncConnection, job: Job) -> Done | Again:
    """Open a lead on the day until which it sleeps."""
    command = Command(tx, job.now, actor=current().actor)
    wakes_on = date.fromisoformat(job.payload["wakes_on"])
    await moves.wake_lead(command, UUID(job.payload["lead_id"]), wakes_on)
    return Done()
