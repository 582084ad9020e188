"""The reconciliation of a tenant over HTTP."""

from chassis.records.access.visibility import sees_everything
from chassis.web.auth import Caller, allow
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import Forbidden
from rms.reconciliations.schemas import ReconciliationOut
from rms.reconciliations.views import read_reconciliation

router = new_router("/reconciliation", tag="reconciliations")
RECONCILED_RESOURCES = ("rms.order", "rms.receivable", "rms.payment")
READ = [allow(f"{resource}.read") for resource in RECONCILED_RESOURCES]


@router.get(
    "",
    dependencies=READ,
    summary="Read the sums of orders, receivables and payments per currency",
)
async def reconciliation_get(tx: Tx, caller: Caller) -> ReconciliationOut:
    """The equations named at the fields must hold.

    Only callers who see all orders, receivables and payments may read it: sums over a part of the
    records would not add up.
    """
    missing = [f"{name}.all" for name in RECONCILED_RESOURCES if not sees_everything(caller, name)]
    if missing:
        raise Forbidden("SCOPE_MISSING", scopes=missing)
    return await read_reconciliation(tx)
