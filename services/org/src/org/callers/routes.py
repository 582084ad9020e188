"""The route that tells callers about themselves."""

from typing import Literal

from chassis.web.auth import Caller
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.callers.schemas import CallerOut
from org.tenants.schemas import TenantOut
from org.tenants.store import TENANT

router = new_router("/me", tag="callers")
_KINDS: dict[str, Literal["PERSON", "CLIENT"]] = {"person": "PERSON", "client": "CLIENT"}


@router.get("")
async def me_get(caller: Caller, tx: Tx) -> CallerOut:
    """Return the caller's identity, tenant and scopes."""
    return CallerOut(
        subject=caller.subject,
        kind=_KINDS[caller.kind],
        name=caller.name,
        scopes=sorted(caller.scopes),
        tenant=TenantOut.model_validate(await TENANT.get(tx, caller.tenant_id)),
    )
