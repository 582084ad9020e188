from chassis.records.access.visibility import sees_everything
from chassis.web.auth import Caller, allow
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import Forbidden
from rms.reconciliations import store
from rms.reconciliations.schemas import ReconciliationOut

router = new_router("/reconciliation", tag="reconciliations")
SUMMED = ("rms.order", "rms.receivable", "rms.payment")
READ = [allow(f"{resource}.read") for resource in SUMMED]


@router.get(
    "",
    dependencies=READ,
    summary="Read what was ordered, owed and paid, per currency; the equations must hold",
)
async def reconciliation_get(tx: Tx, caller: Caller) -> ReconciliationOut:
    """Only for whoever sees every order, receivable and payment: sums of a part prove nothing."""
    missing = [f"{name}.all" for name in SUMMED if not sees_everything(caller, name)]
    if missing:
        raise Forbidden("SCOPE_MISSING", scopes=missing)
    return await store.read(tx)
