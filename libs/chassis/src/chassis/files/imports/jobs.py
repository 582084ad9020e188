"""The job of an import, as a service's worker runs it."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports import store
from chassis.files.imports.actions import IMPORT_EXPIRY_JOB, IMPORT_JOB, expire_import, fail_import
from chassis.files.imports.chunks import import_chunk
from chassis.files.imports.target import Imports
from chassis.jobs.queue import Again, Done, GivenUpHandler, Job, JobHandler

SUSPENDED_RETRY = timedelta(minutes=1)  # between two looks at a tenant that may not write


def import_jobs(imports: Imports) -> Mapping[str, JobHandler]:
    """For `Worker.jobs`: a chunk of a file per run, and after some weeks the file is forgotten."""

    async def run_chunk(tx: AsyncConnection, job: Job) -> Done | Again:
        if not await store.is_tenant_active(tx):
            return Again(run_at=job.now + SUSPENDED_RETRY)
        more = await import_chunk(tx, imports, UUID(job.key), now=job.now)
        return Again(run_at=job.now) if more else Done()

    async def forget(tx: AsyncConnection, job: Job) -> Done | Again:
        later = await expire_import(tx, UUID(job.key), now=job.now)
        return Done() if later is None else Again(run_at=later)

    return {IMPORT_JOB: run_chunk, IMPORT_EXPIRY_JOB: forget}


def import_failure_handlers(imports: Imports) -> Mapping[str, GivenUpHandler]:
    """For `Worker.failure_handlers`: an import whose job was given up has failed."""

    async def on_given_up(tx: AsyncConnection, job: Job) -> None:
        await fail_import(tx, imports, UUID(job.key), now=job.now)

    return {IMPORT_JOB: on_given_up}
