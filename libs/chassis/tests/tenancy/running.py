"""Helpers that request tenant tasks, run them as the job runner does, and read their report."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.database.backbone_tables import jobs, outbox
from chassis.jobs.queue import Done, JobHandler
from chassis.tenancy import tasks
from contracts.org.events import TenantTaskRequested
from kernel.ids import new_id
from testkit import notes
from testkit.jobs import job_of
from testkit.plugin import Committed
from testkit.published import Published

TESTKIT = tasks.task_job("testkit")


async def run(
    committed: Committed,
    tenant: UUID,
    *,
    settled: bool = False,
    handle: JobHandler = TESTKIT,
) -> int:
    """Run the tenant's task to its end with a service's handler; return the number of chunks."""
    chunks = 0
    while True:
        async with committed.worker.begin(tenant) as tx:
            own_jobs = select(jobs).where(
                jobs.c.tenant_id == tenant, jobs.c.kind == tasks.TASK_JOB_KIND
            )
            row = (await tx.execute(own_jobs)).one()
            job = job_of(row, now=datetime.now(UTC) + (tasks.SETTLE if settled else timedelta()))
            outcome = await handle(tx, job)
            chunks += 1
            if isinstance(outcome, Done):
                await tx.execute(jobs.delete().where(jobs.c.id == row.id))
                return chunks
            await tx.execute(
                jobs.update().where(jobs.c.id == row.id).values(payload=outcome.payload)
            )
            if "until" in outcome.payload and not settled:
                return chunks


async def request_task(committed: Committed, tenant: UUID, kind: str, **whom: Any) -> UUID:
    task_id = new_id()
    async with committed.worker.begin(tenant) as tx:
        await tasks.enqueue_task(tx, TenantTaskRequested(task_id=task_id, kind=kind, **whom))
    return task_id


async def reported(committed: Committed, tenant: UUID, service: str = "testkit") -> Published:
    async with committed.app.begin(tenant) as tx:
        query = select(outbox).where(outbox.c.type == f"{service}.tenant_task.finished.v1")
        row = (await tx.execute(query)).one()
        return Published(row.type, row.aggversion, row.payload)


async def write_notes(committed: Committed, tenant: UUID, *texts: str) -> list[UUID]:
    async with committed.app.begin(tenant) as tx:
        return [(await notes.write(tx, each)).id for each in texts]
