"""The routes of the caller's own tenant."""

from chassis.records.audit.routes import AuditEntryOut, audit_page
from chassis.web.auth import Caller, allow
from chassis.web.commands import ChangeCommand
from chassis.web.pages import Page, PageParams
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.tenants import actions
from org.tenants.schemas import TenantOut, TenantPatch
from org.tenants.store import TENANT

router = new_router("/tenant", tag="tenants")
READ, WRITE = allow("org.tenant.read"), allow("org.tenant.write")


@router.get("", dependencies=[READ])
async def tenant_get(caller: Caller, tx: Tx) -> TenantOut:
    """Read the caller's tenant with its settings."""
    return TenantOut.model_validate(await TENANT.get(tx, caller.tenant_id))


@router.patch("", dependencies=[WRITE])
async def tenant_change(body: TenantPatch, caller: Caller, command: ChangeCommand) -> TenantOut:
    """Change settings of the caller's tenant."""
    tenant = await actions.change_tenant(command, caller.tenant_id, body.settings())
    return TenantOut.model_validate(tenant)


@router.get("/audit", dependencies=[READ])
async def tenant_audit(caller: Caller, tx: Tx, page: PageParams) -> Page[AuditEntryOut]:
    """List the changes of the caller's tenant with their authors, newest first."""
    return await audit_page(tx, page, "org.tenant", caller.tenant_id)
