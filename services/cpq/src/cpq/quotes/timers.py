"""The job that expires a quote after its last day."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from chassis.web.commands import Command
from cpq.quotes.actions import moves
from kernel.errors import NotFound


async def run_quote_expiry(tx: AsyncConnection, job: Job) -> Done | Again:
    """Expire the quote at the tenant's midnight after its last day; run again if it is earlier."""
    try:
        run_at = await moves.expire_quote(Command(tx, job.now), UUID(job.key))
    except NotFound:  # the tenant is being deleted
        return Done()
    return Done() if run_at is None else Again(run_at=run_at)
