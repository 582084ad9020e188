"""The commands of operators on tenants; the routes ensure that the caller is an operator."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from chassis.database.engine import acting_for
from chassis.web.commands import Command
from kernel.errors import RuleBroken
from kernel.ids import new_id
from org.operators.domain import FirstAdministrator, NewTenantSettings
from org.people.actions.activation import set_person_active
from org.people.actions.edit import create_person, edit_person
from org.people.domain import Person, new_person
from org.principals.actions import lock_rights, lock_tenant_rights
from org.principals.domain import ALL_SCOPES
from org.roles.actions import sync_built_in_roles
from org.tenant_tasks.actions import latest_task, request_tenant_task
from org.tenant_tasks.domain import TenantTask, TenantTaskKind
from org.tenants.actions import change_tenant_status, create_tenant
from org.tenants.domain import Tenant, TenantStatus
from org.tenants.store import TENANT

OPERATE: Final = "org.operator.admin"


async def provision_tenant(
    command: Command,
    tenant_id: UUID,
    settings: NewTenantSettings,
    admin: FirstAdministrator | None,
) -> Tenant:
    """Create a tenant with the built-in roles and, if given, an administrator with all scopes.

    Only operators may. Raises Invalid (USERNAME_TAKEN), Forbidden (SCOPES_NOT_HELD).
    """
    await lock_rights(command, OPERATE)
    command = replace(command, caller=None)  # who need not hold what they give
    now = command.now
    async with acting_for(command.tx, tenant_id):
        tenant = Tenant(id=tenant_id, **settings._asdict(), created_at=now, updated_at=now)
        tenant = await create_tenant(command, tenant)
        await sync_built_in_roles(command, tenant.languages)
        if admin is not None:
            await _add_administrator(command, admin)
    return tenant


async def appoint_administrator(
    command: Command, tenant_id: UUID, who: UUID | FirstAdministrator
) -> Person:
    """Give every scope to a person of a tenant, who is reactivated if need be, or to a new person.

    The way back for a tenant whose administrators have all left. Only operators may; the audit of
    the tenant names the operator.
    Raises NotFound, Invalid (USERNAME_TAKEN), RuleBroken (TENANT_GONE), Forbidden
    (SCOPES_NOT_HELD).
    """
    await lock_rights(command, OPERATE)
    command = replace(command.unconditional, caller=None)  # who need not hold what they give
    async with acting_for(command.tx, tenant_id):
        tenant = await TENANT.get(command.tx, tenant_id)
        if tenant.status is TenantStatus.DELETED:
            raise RuleBroken("TENANT_GONE")
        await lock_tenant_rights(command.tx)
        if isinstance(who, FirstAdministrator):
            return await _add_administrator(command, who)
        await set_person_active(command, who, active=True)
        return await edit_person(command, who, _with_every_scope)


async def _add_administrator(command: Command, admin: FirstAdministrator) -> Person:
    person = new_person(
        new_id(), name=admin.name, username=admin.username, scopes=("*",), now=command.now
    )
    return await create_person(command, person, admin.password)


def _with_every_scope(person: Person) -> Person:
    return replace(person, scopes=tuple(sorted({*person.scopes, ALL_SCOPES})))


async def set_tenant_status(
    command: Command, tenant_id: UUID, status: TenantStatus, *, operator: UUID
) -> Tenant:
    """Suspend, resume or delete a tenant.

    Only operators may. Their own tenant cannot be suspended or deleted, because nobody could undo
    it. Raises NotFound, PreconditionFailed, RuleBroken (TENANT_GONE, TENANT_OPERATES).
    """
    if tenant_id == operator and status is not TenantStatus.ACTIVE:
        raise RuleBroken("TENANT_OPERATES")
    async with acting_for(command.tx, tenant_id):
        return await change_tenant_status(command, tenant_id, status)


async def delete_tenant(command: Command, tenant_id: UUID, *, operator: UUID) -> TenantTask:
    """Close a tenant and request that every service deletes its rows, org last.

    Only operators may. A repeated call returns the existing task: services that have deleted the
    tenant would never report on a second one.
    Raises NotFound, PreconditionFailed, RuleBroken (TENANT_OPERATES).
    """
    await set_tenant_status(command, tenant_id, TenantStatus.DELETED, operator=operator)
    existing = await latest_task(command.tx, tenant_id, TenantTaskKind.DELETE)
    return existing or await request_tenant_task(
        command.tx, tenant_id, TenantTaskKind.DELETE, actor=command.actor, now=command.now
    )


async def request_export_or_erasure(
    command: Command,
    tenant_id: UUID,
    kind: TenantTaskKind,
    *,
    ids: Sequence[UUID],
    phones: Sequence[str],
    emails: Sequence[str],
) -> TenantTask:
    """Request the export of a tenant's data or the erasure of a person's data.

    Only operators may. Raises NotFound, RuleBroken (TENANT_GONE).
    """
    tx = command.tx
    async with acting_for(tx, tenant_id):
        tenant = await TENANT.get(tx, tenant_id)
    if tenant.status is TenantStatus.DELETED:
        raise RuleBroken("TENANT_GONE")
    return await request_tenant_task(
        tx,
        tenant_id,
        kind,
        ids=ids,
        phones=phones,
        emails=emails,
        actor=command.actor,
        now=command.now,
    )
