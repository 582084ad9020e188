"""The job handlers of exports; every worker runs them."""

from collections.abc import Mapping
from importlib import import_module
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.exports.actions import (
    EXPORT_EXPIRY_JOB,
    EXPORT_JOB,
    expire_export,
    fail_export,
    run_export,
)
from chassis.jobs.queue import Done, GivenUpHandler, Job, JobHandler


def export_jobs(service: str) -> Mapping[str, JobHandler]:
    """Job handlers that write the file and delete it after the retention."""
    import_module(f"{service}.app")  # registers all lists of the service

    async def write(tx: AsyncConnection, job: Job) -> Done:
        await run_export(tx, service, job.tenant, UUID(job.key), now=job.now)
        return Done()

    async def expire(tx: AsyncConnection, job: Job) -> Done:
        await expire_export(tx, UUID(job.key), now=job.now)
        return Done()

    return {EXPORT_JOB: write, EXPORT_EXPIRY_JOB: expire}


async def _fail(tx: AsyncConnection, job: Job) -> None:
    await fail_export(tx, UUID(job.key), now=job.now)


EXPORT_FAILURE_HANDLERS: Mapping[str, GivenUpHandler] = {EXPORT_JOB: _fail}
