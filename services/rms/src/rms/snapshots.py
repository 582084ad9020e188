"""What RMS can publish again: the present state of its records."""

from chassis.records.snapshots.job import SnapshotSource
from contracts.rms.events import OrderState, PaymentState, ReceivableState
from rms.orders.store.tables import orders
from rms.orders.store.writes import get_order
from rms.payments.store.tables import payments
from rms.payments.store.writes import get_payment
from rms.receivables.store import get_receivable, receivables

SNAPSHOTS = (
    SnapshotSource(OrderState, orders, get_order),
    SnapshotSource(ReceivableState, receivables, get_receivable),
    SnapshotSource(PaymentState, payments, get_payment),
)
