"""Jobs as a worker passes them to handlers, for tests that call handlers directly."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import now as current_time
from chassis.jobs.queue import Again, Done, Job
from chassis.jobs.split_jobs import SplitJob
from kernel.ids import new_id


def make_job(
    tenant: UUID, kind: str, key: object, *, now: datetime | None = None, **fields: Any
) -> Job:
    """`make_job(tenant, "import", import_id)`; `fields` replace the defaults."""
    at = now or current_time()
    values = {"id": new_id(), "run_at": at, "payload": {}, "attempts": 0, **fields}
    return Job(tenant=tenant, kind=kind, key=str(key), now=at, **values)


def job_of(row: Any, *, now: datetime | None = None, attempts: int = 0) -> Job:
    """Make a job of a row of the table `jobs`, to run at this time."""
    stored = {name: getattr(row, name) for name in ("id", "run_at", "payload")}
    return make_job(row.tenant_id, row.kind, row.key, now=now, attempts=attempts, **stored)


async def run_steps(split: SplitJob[Any, Any], tx: AsyncConnection, job: Job) -> Done | Again:
    """Run the three steps of a job in one transaction, as a test that rolls it back does."""
    work = await split.prepare(tx, job)
    if isinstance(work, Done | Again):
        return work
    return await split.record(tx, job, work, await split.perform(work))
