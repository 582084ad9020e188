from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import acting_for
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.errors import RuleBroken
from org.operators.domain import Admin, NewSettings
from org.people.actions.edit import create_person
from org.roles.actions import plant_roles
from org.tenant_tasks.actions import asked_already, request_task
from org.tenant_tasks.domain import TaskKind, TenantTask
from org.tenants import store
from org.tenants.actions import create_tenant, move_tenant
from org.tenants.domain import Tenant, TenantStatus


async def open_tenant(
    tx: AsyncConnection,
    tenant_id: UUID,
    settings: NewSettings,
    admin: Admin | None,
    *,
    now: datetime,
) -> Tenant:
    """Let a tenant begin, with the built-in roles and somebody who may do everything.

    Raises Invalid: the username is taken.
    """
    async with acting_for(tx, tenant_id):
        tenant = await create_tenant(tx, tenant_id, **settings._asdict(), now=now)
        await plant_roles(tx, now=now)
        if admin is not None:
            await create_person(
                tx,
                name=admin.name,
                email=None,
                username=admin.username,
                password=admin.password,
                scopes=("*",),
                may=lambda _: True,
                now=now,
            )
    return tenant


async def move(
    tx: AsyncConnection,
    tenant_id: UUID,
    status: TenantStatus,
    *,
    operator: UUID,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Tenant:
    """Suspend or resume. Raises NotFound and RuleBroken (TENANT_GONE, TENANT_OPERATES).

    The operators' own tenant stays as it is: nobody could take that back.
    """
    if tenant_id == operator and status is not TenantStatus.ACTIVE:
        raise RuleBroken("TENANT_OPERATES")
    async with acting_for(tx, tenant_id):
        return await move_tenant(tx, tenant_id, status, now=now, expected=expected)


async def delete_tenant(
    tx: AsyncConnection,
    tenant_id: UUID,
    *,
    operator: UUID,
    actor: str | None,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> TenantTask:
    """Shut a tenant out and have every service delete its rows, org last.

    Again it is the task there is: a second one would wait for ever for who has deleted all.
    Raises NotFound, RuleBroken (TENANT_OPERATES).
    """
    await move(tx, tenant_id, TenantStatus.DELETED, operator=operator, now=now, expected=expected)
    asked = await asked_already(tx, tenant_id, TaskKind.DELETE)
    return asked or await request_task(tx, tenant_id, TaskKind.DELETE, actor=actor, now=now)


async def order_task(
    tx: AsyncConnection,
    tenant_id: UUID,
    kind: TaskKind,
    *,
    ids: Sequence[UUID],
    phones: Sequence[str],
    emails: Sequence[str],
    actor: str | None,
    now: datetime,
) -> TenantTask:
    """Export a tenant's data, or erase a person's, on its request.

    Raises NotFound, RuleBroken (TENANT_GONE).
    """
    async with acting_for(tx, tenant_id):
        tenant = await store.get(tx, tenant_id)
    if tenant.status is TenantStatus.DELETED:
        raise RuleBroken("TENANT_GONE")
    return await request_task(
        tx, tenant_id, kind, ids=ids, phones=phones, emails=emails, actor=actor, now=now
    )
