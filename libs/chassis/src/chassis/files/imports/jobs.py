"""The job of an import, as a service's worker runs it."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports import store
from chassis.files.imports.actions import EXPIRY_JOB, JOB, expire_import, fail_import
from chassis.files.imports.chunks import take_chunk
from chassis.files.imports.target import Imports
from chassis.jobs.queue import Again, Done, GivenUpHandler, Job, JobHandler

REST = timedelta(minutes=1)  # between two looks at a tenant that may not write


def import_jobs(imports: Imports) -> Mapping[str, JobHandler]:
    """For `Worker.jobs`: a chunk of a file per run, and after some weeks the file is forgotten."""

    async def run_chunk(tx: AsyncConnection, job: Job) -> Done | Again:
        if not await store.tenant_writes(tx):
            return Again(run_at=job.now + REST)
        more = await take_chunk(tx, imports, UUID(job.key), now=job.now)
        return Again(run_at=job.now) if more else Done()

    async def forget(tx: AsyncConnection, job: Job) -> Done | Again:
        later = await expire_import(tx, UUID(job.key), now=job.now)
        return Done() if later is None else Again(run_at=later)

    return {JOB: run_chunk, EXPIRY_JOB: forget}


def import_failures(imports: Imports) -> Mapping[str, GivenUpHandler]:
    """For `Worker.failed`: an import whose job was given up has failed."""

    async def on_given_up(tx: AsyncConnection, job: Job) -> None:
        await fail_import(tx, imports, UUID(job.key), now=job.now)

    return {JOB: on_given_up}
