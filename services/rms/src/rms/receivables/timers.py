"""The job that reports receivables overdue."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from chassis.web.commands import Command
from rms.receivables import actions


async def receivable_overdue(tx: AsyncConnection, job: Job) -> Done | Again:
    """Report a receivable overdue; runs at the tenant's midnight after the due date."""
    next_run = await actions.report_overdue(Command(tx, job.now), UUID(job.key))
    return Done() if next_run is None else Again(run_at=next_run)
