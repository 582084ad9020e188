"""The balance of an account over HTTP."""

from uuid import UUID

from chassis.foundation.clock import Now
from chassis.records import tenant_settings
from chassis.records.access.visibility import EVERYTHING, visibility_of
from chassis.web.auth import Caller, allow
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from rms.balances.schemas import BalanceOut
from rms.balances.views import read_balance

router = new_router("/accounts", tag="balances")
BALANCE_RESOURCES = ("rms.receivable", "rms.payment")
READ = [allow(f"{resource}.read") for resource in BALANCE_RESOURCES]


@router.get(
    "/{account_id}/balance",
    dependencies=READ,
    summary="Read what an account owes, has paid and has not allocated, per currency",
)
async def balance_get(account_id: UUID, tx: Tx, now: Now, caller: Caller) -> BalanceOut:
    """Visible to callers who see the account, an order of it, or all receivables and payments.

    The sums always cover the whole account, also where the caller sees only a part of its records.
    """
    reaches = [await visibility_of(tx, caller, resource, now) for resource in BALANCE_RESOURCES]
    narrowest = next(
        (visibility for visibility in reaches if not visibility.everything), EVERYTHING
    )
    return await read_balance(tx, account_id, narrowest, today=await tenant_settings.today(tx, now))
