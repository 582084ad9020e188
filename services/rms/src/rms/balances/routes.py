from uuid import UUID

from chassis import directory
from chassis.auth import allow
from chassis.clock import Now
from chassis.routing import new_router
from chassis.transaction import Tx
from rms.balances import store
from rms.balances.schemas import BalanceOut

router = new_router("/accounts", tag="balances")
READ = [allow("rms.receivable.read"), allow("rms.payment.read")]


@router.get(
    "/{account_id}/balance",
    dependencies=READ,
    summary="Read what an account owes, has paid, and what of it is not allocated, per currency",
)
async def balance_get(account_id: UUID, tx: Tx, now: Now) -> BalanceOut:
    return await store.read(tx, account_id, today=await directory.today(tx, now))
