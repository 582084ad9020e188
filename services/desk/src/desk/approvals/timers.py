"""Jobs of requests: their clock, and who decides for approvers who are on leave or have left."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from chassis.web.commands import Command
from desk.approvals.actions import lateness, leaves, leaving
from desk.approvals.actions.clock import Tick


async def run_clock(tx: AsyncConnection, job: Job) -> Done:
    """Do what the clock of a request came for."""
    command = Command(tx, job.now, actor=lateness.ACTOR)
    await lateness.tick(
        command,
        UUID(job.payload["approval_id"]),
        Tick(job.payload["tick"]),
        step_no=job.payload["step_no"],
        round_no=job.payload["round"],
    )
    return Done()


async def replace_leaver(tx: AsyncConnection, job: Job) -> Done | Again:
    """Replace an approver who has left in a chunk of requests."""
    after = job.payload["after"]
    command = Command(tx, job.now, actor=leaving.ACTOR)
    last = await leaving.replace_chunk(command, job.key, None if after is None else UUID(after))
    return Done() if last is None else Again(run_at=job.now, payload={"after": str(last)})


async def stand_in(tx: AsyncConnection, job: Job) -> Done | Again:
    """Give what waits for a person to who decides for them now, a chunk of requests at a time."""
    command = Command(tx, job.now, actor=leaves.ACTOR)
    last = await leaves.stand_in_chunk(command, job.payload)
    if last is None:
        return Done()
    return Again(run_at=job.now, payload={**job.payload, "after": str(last)})
