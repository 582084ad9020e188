"""Requesting tenant tasks and recording the reports of the services."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import acting_for
from chassis.events.outbox import publish
from chassis.tenancy.tasks import enqueue_task
from chassis.web.commands import Command
from contracts.org.events import TenantTaskRequested
from kernel.errors import NotFound
from kernel.ids import new_id
from org.people.actions.erasure import deactivate_people
from org.principals.actions import lock_rights
from org.tenant_tasks import store
from org.tenant_tasks.domain import TenantTask, TenantTaskKind, TenantTaskReport, only_org_remains


async def latest_task(
    tx: AsyncConnection, target_id: UUID, kind: TenantTaskKind
) -> TenantTask | None:
    """Return the latest task of this kind for a tenant, if there is one."""
    return await store.find_latest(tx, target_id, kind)


async def request_own_task(
    command: Command,
    tenant_id: UUID,
    kind: TenantTaskKind,
    *,
    ids: Sequence[UUID],
    phones: Sequence[str],
    emails: Sequence[str],
) -> TenantTask:
    """Request the export of the caller's tenant, or the erasure of a person in it.

    Callers need `org.tenant.admin`. Raises Forbidden (SCOPES_NOT_HELD), RuleBroken
    (LAST_ADMINISTRATOR).
    """
    await lock_rights(command, "org.tenant.admin")
    return await request_tenant_task(
        command.tx,
        tenant_id,
        kind,
        ids=ids,
        phones=phones,
        emails=emails,
        actor=command.actor,
        now=command.now,
    )


async def request_tenant_task(
    tx: AsyncConnection,
    target_id: UUID,
    kind: TenantTaskKind,
    *,
    ids: Sequence[UUID] = (),
    phones: Sequence[str] = (),
    emails: Sequence[str] = (),
    actor: str | None,
    now: datetime,
) -> TenantTask:
    """Request a task from every service; it is stored in the rows of the requesting tenant.

    People who are to be erased are deactivated at once. The calling command has checked who may.
    Raises RuleBroken (LAST_ADMINISTRATOR).
    """
    task = TenantTask(
        id=new_id(), target_id=target_id, kind=kind, requested_by=actor, created_at=now
    )
    await store.add(tx, task)
    requested = TenantTaskRequested(
        task_id=task.id,
        kind=kind,
        requested_by=actor,
        ids=tuple(ids),
        phones=tuple(phones),
        emails=tuple(emails),
    )
    # The event belongs to the tenant whose data the services handle.
    async with acting_for(tx, target_id):
        if kind is TenantTaskKind.ERASE:
            await deactivate_people(Command(tx, now, actor=actor), ids)
        await publish(tx, requested, of=task)
    return task


async def record_report(
    tx: AsyncConnection, report: TenantTaskReport, *, operator: UUID | None, kind: str
) -> None:
    """Store a service's report with the task of the tenant itself or of the operators' tenant.

    When all other services have deleted a tenant, org starts its own part. Called by an event
    handler.
    """
    try:
        await _add_report(tx, report)
    except NotFound:
        if operator is None:
            return  # the tenant that requested the task is no longer the operators' tenant
        async with acting_for(tx, operator):
            only_org_is_left = await _add_report(tx, report)
        if kind == TenantTaskKind.DELETE and only_org_is_left:
            await enqueue_task(tx, TenantTaskRequested(task_id=report.task_id, kind=kind))


async def _add_report(tx: AsyncConnection, report: TenantTaskReport) -> bool:
    """Return whether only org's part remains. Raises NotFound for a task of another tenant."""
    await store.get(tx, report.task_id, lock=True)
    await store.add_report(tx, report)
    return only_org_remains(await store.list_reports(tx, report.task_id))
