"""Jobs of recycling: the sweep over due leads, and the reckoning of all clocks anew."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from chassis.jobs.queue import Again, Done, Job
from chassis.web.commands import Command
from mtl.recyclings.actions import ACTOR, reckon_chunk, recycle_chunk

LOOKS_EVERY = timedelta(minutes=5)
STARTS_AGAIN_AFTER = timedelta(hours=1)


async def recycle_leads(tx: AsyncConnection, job: Job) -> Done | Again:
    """Handle a chunk of due leads; look again every five minutes for as long as there are rules."""
    chunk = await recycle_chunk(Command(tx, job.now, actor=ACTOR))
    if chunk.is_full:
        return Again(run_at=job.now)
    return Again(run_at=job.now + LOOKS_EVERY) if chunk.has_rules else Done()


async def reckon_clocks(tx: AsyncConnection, job: Job) -> Done | Again:
    """Reckon the clocks of a chunk of leads anew."""
    after = job.payload["after"]
    command = Command(tx, job.now, actor=ACTOR)
    last = await reckon_chunk(command, None if after is None else UUID(after))
    return Done() if last is None else Again(run_at=job.now, payload={"after": str(last)})


async def start_again(tx: AsyncConnection, job: Job) -> None:
    """Start a job again that failed for good: leads fall back for as long as there are rules."""
    later = job.now + STARTS_AGAIN_AFTER
    await queue.enqueue(
        tx, job.kind, job.key, run_at=later, payload=job.payload, actor=ACTOR, replace=True
    )
