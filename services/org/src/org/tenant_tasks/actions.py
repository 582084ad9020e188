from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import acting_for
from chassis.events.outbox import publish
from chassis.tenancy.tasks import enqueue_task
from contracts.org.events import TenantTaskRequested
from kernel.errors import NotFound
from kernel.ids import new_id
from org.tenant_tasks import store
from org.tenant_tasks.domain import TaskKind, TaskReport, TenantTask, org_is_left


async def asked_already(tx: AsyncConnection, target_id: UUID, kind: TaskKind) -> TenantTask | None:
    """The task for this tenant that was asked for last, if any was."""
    return await store.latest(tx, target_id, kind)


async def request_task(
    tx: AsyncConnection,
    target_id: UUID,
    kind: TaskKind,
    *,
    ids: Sequence[UUID] = (),
    phones: Sequence[str] = (),
    emails: Sequence[str] = (),
    actor: str | None,
    now: datetime,
) -> TenantTask:
    """Ask every service to do its part; the task stands in the rows of whoever asks."""
    task = TenantTask(
        id=new_id(), target_id=target_id, kind=kind, requested_by=actor, created_at=now
    )
    await store.add(tx, task)
    requested = TenantTaskRequested(
        task_id=task.id, kind=kind, ids=tuple(ids), phones=tuple(phones), emails=tuple(emails)
    )
    async with acting_for(tx, target_id):  # whose services listen
        await publish(tx, requested, of=task)
    return task


async def file_report(
    tx: AsyncConnection, report: TaskReport, *, operator: UUID | None, kind: str
) -> None:
    """Keep a service's report with the task: the tenant's own, or the operator's.

    When all others have deleted a tenant, org itself begins to.
    """
    try:
        await _file(tx, report)
    except NotFound:
        if operator is None:
            return  # whoever asked is no operator any more
        async with acting_for(tx, operator):
            left = await _file(tx, report)
        if kind == TaskKind.DELETE and left:
            await enqueue_task(tx, TenantTaskRequested(task_id=report.task_id, kind=kind))


async def _file(tx: AsyncConnection, report: TaskReport) -> bool:
    """Whether only org is left now. Raises NotFound for a task of another tenant's."""
    await store.get(tx, report.task_id, lock=True)
    await store.add_report(tx, report)
    return org_is_left(await store.reports(tx, report.task_id))
