"""The jobs of imports, run by a service's worker."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports import store
from chassis.files.imports.actions import IMPORT_EXPIRY_JOB, IMPORT_JOB, expire_import, fail_import
from chassis.files.imports.chunks import import_chunk
from chassis.files.imports.target import Imports
from chassis.jobs.queue import Again, Done, GivenUpHandler, Job, JobHandler

SUSPENDED_RETRY = timedelta(minutes=1)  # until the next attempt for a suspended tenant


def import_jobs(imports: Imports) -> Mapping[str, JobHandler]:
    """Return the handlers for `Worker.jobs`: importing a chunk, and deleting expired files."""

    async def run_chunk(tx: AsyncConnection, job: Job) -> Done | Again:
        if not await store.is_tenant_active(tx):
            return Again(run_at=job.now + SUSPENDED_RETRY)
        more = await import_chunk(tx, imports, UUID(job.key), now=job.now)
        return Again(run_at=job.now) if more else Done()

    async def expire(tx: AsyncConnection, job: Job) -> Done | Again:
        retry_at = await expire_import(tx, UUID(job.key), now=job.now)
        return Done() if retry_at is None else Again(run_at=retry_at)

    return {IMPORT_JOB: run_chunk, IMPORT_EXPIRY_JOB: expire}


def import_failure_handlers(imports: Imports) -> Mapping[str, GivenUpHandler]:
    """Return the handlers for `Worker.failed`: they mark an import as FAILED."""

    async def on_given_up(tx: AsyncConnection, job: Job) -> None:
        await fail_import(tx, imports, UUID(job.key), now=job.now)

    return {IMPORT_JOB: on_given_up}
