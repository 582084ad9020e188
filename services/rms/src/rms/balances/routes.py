from uuid import UUID

from chassis.foundation.clock import Now
from chassis.records import tenant_settings
from chassis.records.access.visibility import EVERYTHING, visibility_of
from chassis.web.auth import Caller, allow
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from rms.balances import store
from rms.balances.schemas import BalanceOut

router = new_router("/accounts", tag="balances")
SUMMED = ("rms.receivable", "rms.payment")
READ = [allow(f"{resource}.read") for resource in SUMMED]


@router.get(
    "/{account_id}/balance",
    dependencies=READ,
    summary="Read what an account owes, has paid, and what of it is not allocated, per currency",
)
async def balance_get(account_id: UUID, tx: Tx, now: Now, caller: Caller) -> BalanceOut:
    """Of an account that the caller sees, or that has an order they see; whole, not their part."""
    asked = [await visibility_of(tx, caller, resource, now) for resource in SUMMED]
    visibility = next((one for one in asked if not one.everything), EVERYTHING)
    return await store.read(tx, account_id, visibility, today=await tenant_settings.today(tx, now))
