"""Requesting tenant tasks and recording the reports of the services."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import acting_for
from chassis.events.outbox import publish
from chassis.tenancy.tasks import enqueue_task
from chassis.web.commands import Command
from contracts.org.events import TenantTaskRequested
from contracts.tenant_tasks import COLLECT
from kernel.errors import NotFound
from kernel.ids import new_id
from org.people.actions.erasure import deactivate_people
from org.principals.actions import lock_rights
from org.tenant_tasks import store
from org.tenant_tasks.domain import (
    TenantTask,
    TenantTaskFinding,
    TenantTaskKind,
    TenantTaskReport,
    only_org_remains,
    person_of_findings,
)

# Of the task as an aggregate: the request is version 1, what org collected is version 2.
ERASURE_VERSION = 3


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
        kind=COLLECT if kind is TenantTaskKind.ERASE else kind,
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
    if kind == COLLECT:  # one that failed: nothing will be erased
        await store.delete_findings(tx, report.task_id)
    try:
        await _add_report(tx, report)
    except NotFound:
        if operator is None:
            return  # the tenant that requested the task is no longer the operators' tenant
        async with acting_for(tx, operator):
            only_org_is_left = await _add_report(tx, report)
        if kind == TenantTaskKind.DELETE and only_org_is_left:
            await enqueue_task(tx, TenantTaskRequested(task_id=report.task_id, kind=kind))


async def record_finding(
    tx: AsyncConnection, finding: TenantTaskFinding, *, operator: UUID | None
) -> None:
    """Store what a service found of a person; after the last service, have all of them erase it.

    Called by an event handler.
    """
    task = await _locked_task(tx, finding.task_id, operator)
    if task is None:
        return
    await store.add_finding(tx, finding)
    person = person_of_findings(await store.list_findings(tx, task.id))
    if person is None:
        return
    await store.delete_findings(tx, task.id)
    erasure = TenantTaskRequested(
        task_id=task.id, kind=task.kind, requested_by=task.requested_by, **dict(person)
    )
    await publish(tx, erasure, of=replace(task, version=ERASURE_VERSION))


async def _locked_task(
    tx: AsyncConnection, task_id: UUID, operator: UUID | None
) -> TenantTask | None:
    """Return a task of the tenant itself or of the operators' tenant, None for another one's."""
    for owner in (None, operator):
        try:
            if owner is None:
                return await store.get(tx, task_id, lock=True)
            async with acting_for(tx, owner):
                return await store.get(tx, task_id, lock=True)
        except NotFound:
            continue
    return None


async def _add_report(tx: AsyncConnection, report: TenantTaskReport) -> bool:
    """Return whether only org's part remains. Raises NotFound for a task of another tenant."""
    await store.get(tx, report.task_id, lock=True)
    await store.add_report(tx, report)
    return only_org_remains(await store.list_reports(tx, report.task_id))
