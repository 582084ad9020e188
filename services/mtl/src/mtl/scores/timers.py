"""The jobs that score leads anew."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.jobs.queue import Again, Done, Job
from chassis.web.commands import Command
from mtl.score_settings.actions import count_behavior_at
from mtl.scores.actions import rescore_chunk, rescore_lead


async def rescore_leads(tx: AsyncConnection, job: Job) -> Done | Again:
    """Score a chunk of leads anew, after rules or settings have changed."""
    after = job.payload["after"]
    command = Command(tx, job.now, actor=current().actor)
    last, moments = await rescore_chunk(command, None if after is None else UUID(after))
    await count_behavior_at(tx, moments)
    if last is None:
        return Done()
    return Again(run_at=job.now, payload={"after": str(last)})


async def count_behavior(tx: AsyncConnection, job: Job) -> Done | Again:
    """Count the behavior of a lead, after a touch or as its touches lose their worth."""
    command = Command(tx, job.now, actor=current().actor)
    again_at = await rescore_lead(command, UUID(job.key))
    return Done() if again_at is None else Again(run_at=again_at)
