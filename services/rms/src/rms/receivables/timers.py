"""The day after the due date."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from rms.receivables import actions


async def receivable_overdue(tx: AsyncConnection, job: Job) -> Done | Again:
    """At the tenant's midnight: tell that a receivable is overdue, if it is."""
    again = await actions.tell_overdue(tx, UUID(job.key), now=job.now)
    return Done() if again is None else Again(run_at=again)
