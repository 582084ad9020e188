"""The commands on tenants."""

from uuid import UUID

from chassis.records.record_commands import MADE, AlreadyMade, create_record, move_record
from chassis.web.commands import Command
from contracts.org.events import TenantChanged
from org.tenants.domain import Tenant, TenantSettings, TenantStatus
from org.tenants.store import TENANT


async def create_tenant(command: Command, tenant: Tenant) -> Tenant:
    """Create the tenant of the transaction.

    The calling command has checked who may: an operator, or the seed.
    """
    return await create_record(command, TENANT, tenant)


async def change_tenant(command: Command, tenant_id: UUID, settings: TenantSettings) -> Tenant:
    """Change settings of a tenant; settings it has already are no change.

    Callers need `org.tenant.write`, or are operators.
    Raises NotFound, PreconditionRequired, PreconditionFailed (STALE_COPY).
    """

    def change(tenant: Tenant) -> tuple[Tenant, TenantChanged] | AlreadyMade:
        return tenant.with_settings(settings) or MADE

    return await move_record(command, TENANT, tenant_id, change)


async def change_tenant_status(command: Command, tenant_id: UUID, status: TenantStatus) -> Tenant:
    """Suspend, resume or delete the tenant of the transaction.

    Only operators may; the calling command has checked it.
    Raises NotFound, RuleBroken (TENANT_GONE), PreconditionRequired, PreconditionFailed.
    """

    def change(tenant: Tenant) -> tuple[Tenant, TenantChanged] | AlreadyMade:
        return tenant.with_status(status) or MADE

    return await move_record(command, TENANT, tenant_id, change)
