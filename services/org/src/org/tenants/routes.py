from chassis.auth import Caller, allow
from chassis.clock import Now
from chassis.routing import new_router
from chassis.transaction import Tx
from org.tenants import actions, store
from org.tenants.schemas import TenantOut, TenantPatch

router = new_router("/tenant", tag="tenants")


@router.get("", dependencies=[allow("org.tenant.read")])
async def tenant_get(caller: Caller, tx: Tx) -> TenantOut:
    """My tenant and its settings"""
    return TenantOut.model_validate(await store.get(tx, caller.tenant_id))


@router.patch("", dependencies=[allow("org.tenant.write")])
async def tenant_change(body: TenantPatch, caller: Caller, tx: Tx, now: Now) -> TenantOut:
    """Change settings of my tenant"""
    settings = body.settings()
    return TenantOut.model_validate(
        await actions.change_tenant(tx, caller.tenant_id, settings, now=now)
    )
