"""The job of an import, as a service's worker runs it."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.imports.actions import JOB, fail_import
from chassis.imports.chunks import take_chunk
from chassis.imports.target import Imports
from chassis.jobs.queue import Again, Done, GivenUpHandler, Job, JobHandler


def import_jobs(imports: Imports) -> Mapping[str, JobHandler]:
    """For `Worker.jobs`: a chunk of a file per run, each in a transaction of its own."""

    async def run_chunk(tx: AsyncConnection, job: Job) -> Done | Again:
        more = await take_chunk(tx, imports, UUID(job.key), now=job.now)
        return Again(run_at=job.now) if more else Done()

    return {JOB: run_chunk}


def import_failures(imports: Imports) -> Mapping[str, GivenUpHandler]:
    """For `Worker.failed`: an import whose job was given up has failed."""

    async def on_given_up(tx: AsyncConnection, job: Job) -> None:
        await fail_import(tx, imports, UUID(job.key), now=job.now)

    return {JOB: on_given_up}
