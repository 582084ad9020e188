"""The job that scores leads anew."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.jobs.queue import Again, Done, Job
from chassis.web.commands import Command
from mtl.leads.actions.scoring import rescore_chunk


async def rescore_leads(tx: AsyncConnection, job: Job) -> Done | Again:
    """Score a chunk of leads anew."""
    after = job.payload["after"]
    command = Command(tx, job.now, actor=current().actor)
    last = await rescore_chunk(command, None if after is None else UUID(after))
    if last is None:
        return Done()
    return Again(run_at=job.now, payload={**job.payload, "after": str(last)})
