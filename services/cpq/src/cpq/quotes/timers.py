"""The end of a quote's last day."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from cpq.quotes.actions import moves
from kernel.errors import NotFound


async def expire_quote(tx: AsyncConnection, job: Job) -> Done | Again:
    """At the midnight after it, the tenant's; sooner it waits on."""
    try:
        run_at = await moves.expire_quote(tx, UUID(job.key), now=job.now)
    except NotFound:  # its tenant is being deleted
        return Done()
    return Done() if run_at is None else Again(run_at=run_at)
