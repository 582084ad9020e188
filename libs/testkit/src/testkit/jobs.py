"""Jobs as a worker hands them to their handlers, for tests that run these by hand."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.foundation.clock import now as this_instant
from chassis.jobs.queue import Job
from kernel.ids import new_id


def make_job(
    tenant: UUID, kind: str, key: object, *, now: datetime | None = None, **fields: Any
) -> Job:
    """`make_job(tenant, "import", import_id)`; `fields` are those that are said otherwise."""
    at = now or this_instant()
    told = {"id": new_id(), "run_at": at, "payload": {}, "attempts": 0, **fields}
    return Job(tenant=tenant, kind=kind, key=str(key), now=at, **told)


def job_of(row: Any, *, now: datetime | None = None, attempts: int = 0) -> Job:
    """A row of the table `jobs`, as it is done at this time."""
    kept = {name: getattr(row, name) for name in ("id", "run_at", "payload")}
    return make_job(row.tenant_id, row.kind, row.key, now=now, attempts=attempts, **kept)
