"""The routes of operators: creating, suspending and deleting tenants."""

from uuid import UUID

from fastapi import Response

from chassis.database.engine import acting_for
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller
from chassis.web.commands import ChangeCommand, CreateCommand
from chassis.web.operators import operators_only
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.ids import new_id
from org.operators import actions
from org.operators.schemas import (
    AdministratorIn,
    AdministratorOut,
    NewTenantIn,
    OperatorTenantPatch,
)
from org.tenant_tasks.domain import TenantTaskKind
from org.tenant_tasks.routes import tenant_task_out
from org.tenant_tasks.schemas import TenantTaskIn, TenantTaskOut
from org.tenants import store
from org.tenants.actions import change_tenant
from org.tenants.domain import TenantStatus
from org.tenants.schemas import TenantOut
from org.tenants.store import TENANT

router = new_router("/admin/tenants", tag="operators")


OPERATOR = operators_only("org.operator.admin")


@router.post("", status_code=201, dependencies=OPERATOR)
async def tenant_create(body: NewTenantIn, response: Response, command: CreateCommand) -> TenantOut:
    """Create a tenant with the built-in roles and a first administrator."""
    tenant = await actions.provision_tenant(command, new_id(), *body.provision_arguments())
    response.headers["Location"] = f"/org/v1/admin/tenants/{tenant.id}"
    return TenantOut.model_validate(tenant)


add_list_routes(router, store.LISTING, guard=OPERATOR, description="All tenants.")


@router.get("/{tenant_id}", dependencies=OPERATOR)
async def tenant_read(tenant_id: UUID, tx: Tx) -> TenantOut:
    """Read a tenant."""
    async with acting_for(tx, tenant_id):
        return TenantOut.model_validate(await TENANT.get(tx, tenant_id))


@router.patch("/{tenant_id}", dependencies=OPERATOR)
async def tenant_edit(
    tenant_id: UUID, body: OperatorTenantPatch, command: ChangeCommand
) -> TenantOut:
    """Change settings or quotas of a tenant."""
    async with acting_for(command.tx, tenant_id):
        tenant = await change_tenant(command, tenant_id, body.settings())
    return TenantOut.model_validate(tenant)


@router.post("/{tenant_id}/suspend", dependencies=OPERATOR)
async def tenant_suspend(tenant_id: UUID, caller: Caller, command: ChangeCommand) -> TenantOut:
    """Suspend a tenant: within seconds it can only read, in every service.

    The operators' own tenant cannot be suspended.
    """
    tenant = await actions.set_tenant_status(
        command, tenant_id, TenantStatus.SUSPENDED, operator=caller.tenant_id
    )
    return TenantOut.model_validate(tenant)


@router.post("/{tenant_id}/resume", dependencies=OPERATOR)
async def tenant_resume(tenant_id: UUID, caller: Caller, command: ChangeCommand) -> TenantOut:
    """Resume a suspended tenant, so that it can write again."""
    tenant = await actions.set_tenant_status(
        command, tenant_id, TenantStatus.ACTIVE, operator=caller.tenant_id
    )
    return TenantOut.model_validate(tenant)


@router.post("/{tenant_id}/delete", status_code=202, dependencies=OPERATOR)
async def tenant_delete(
    tenant_id: UUID, response: Response, caller: Caller, command: ChangeCommand
) -> TenantTaskOut:
    """Close a tenant at once and delete all its rows in every service.

    The operators' own tenant cannot be deleted.
    """
    task = await actions.delete_tenant(command, tenant_id, operator=caller.tenant_id)
    response.headers["Location"] = f"/org/v1/tenant-tasks/{task.id}"
    return await tenant_task_out(command.tx, task)


@router.post("/{tenant_id}/administrators", status_code=201, dependencies=OPERATOR)
async def tenant_appoint_administrator(
    tenant_id: UUID, body: AdministratorIn, response: Response, command: CreateCommand
) -> AdministratorOut:
    """Give every scope to a person of a tenant, or to a new person.

    For a tenant that no administrator can sign in to any more. An inactive person is reactivated.
    """
    person = await actions.appoint_administrator(command, tenant_id, body.appointee())
    response.headers["Location"] = f"/org/v1/people/{person.id}"
    return AdministratorOut.model_validate(person)


@router.post("/{tenant_id}/tasks", status_code=202, dependencies=OPERATOR)
async def tenant_task_order(
    tenant_id: UUID, body: TenantTaskIn, response: Response, command: CreateCommand
) -> TenantTaskOut:
    """Export a tenant's data, or erase a person's data, at the tenant's request."""
    task = await actions.request_export_or_erasure(
        command,
        tenant_id,
        TenantTaskKind(body.kind),
        ids=body.ids,
        phones=body.phones,
        emails=body.emails,
    )
    response.headers["Location"] = f"/org/v1/tenant-tasks/{task.id}"
    return await tenant_task_out(command.tx, task)
