"""The job that erases what senders handed in, once it was kept as long as the tenant keeps it."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from mtl.captures.actions.retention import empty_chunk

LOOKS_EVERY = timedelta(days=1)


async def empty_old_captures(tx: AsyncConnection, job: Job) -> Done | Again:
    """Empty a chunk of old captures; look again each day for as long as the tenant limits them."""
    chunk = await empty_chunk(tx, now=job.now)
    if chunk is None:
        return Done()
    return Again(run_at=job.now if chunk.is_full else job.now + LOOKS_EVERY)
