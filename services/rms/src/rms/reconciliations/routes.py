from chassis.auth import allow
from chassis.routing import new_router
from chassis.transaction import Tx
from rms.reconciliations import store
from rms.reconciliations.schemas import ReconciliationOut

router = new_router("/reconciliation", tag="reconciliations")
READ = [allow("rms.order.read"), allow("rms.receivable.read"), allow("rms.payment.read")]


@router.get(
    "",
    dependencies=READ,
    summary="Read what was ordered, owed and paid, per currency; the equations must hold",
)
async def reconciliation_get(tx: Tx) -> ReconciliationOut:
    return await store.read(tx)
