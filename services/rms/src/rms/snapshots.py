"""What RMS can publish again: the present state of its records."""

from chassis.records.snapshots.job import SnapshotSource
from contracts.rms.events import OrderState, PaymentState, ReceivableState
from rms.orders.store.tables import orders
from rms.orders.store.writes import ORDER
from rms.payments.store.tables import payments
from rms.payments.store.writes import PAYMENT
from rms.receivables.store import RECEIVABLE, receivables

SNAPSHOTS = (
    SnapshotSource(OrderState, orders, ORDER.get),
    SnapshotSource(ReceivableState, receivables, RECEIVABLE.get),
    SnapshotSource(PaymentState, payments, PAYMENT.get),
)
