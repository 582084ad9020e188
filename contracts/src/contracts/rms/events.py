"""Events that RMS publishes. They carry documents completely, with their lines."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from contracts.approvals import ApprovalRequestChanged, ApprovalRequestSnapshot
from contracts.event import Event, Snapshot, SnapshotFinished
from contracts.imports import ImportEnded
from contracts.rms.states import (
    Allocation,
    CancelledLine,
    Instalment,
    MoneyReturn,
    OrderLine,
    OrderState,
    PaymentState,
    PaymentTerm,
    PaymentTermState,
    ReceivableState,
    Shipment,
    ShipmentLine,
)
from contracts.tenant_tasks import TenantTaskEnded
from contracts.work import WorkChanged, WorkSnapshot
from kernel.money import Money

# The states that the events carry are imported from here together with the events.
__all__ = [
    "Allocation",
    "CancelledLine",
    "Instalment",
    "MoneyReturn",
    "OrderLine",
    "OrderState",
    "PaymentState",
    "PaymentTerm",
    "PaymentTermState",
    "ReceivableState",
    "Shipment",
    "ShipmentLine",
]


class OrderCreated(Event):
    """An order was created from an accepted quote."""

    type: ClassVar[str] = "rms.order.created.v1"
    order: OrderState


class OrderConfirmed(Event):
    """An order was confirmed and is binding."""

    type: ClassVar[str] = "rms.order.confirmed.v1"
    order: OrderState
    confirmed_at: datetime


class OrderAmended(Event):
    """The lines or terms of an order were amended; it must be confirmed (again).

    `withdrawn_total` is the gross amount that was confirmed before and no longer counts.
    """

    type: ClassVar[str] = "rms.order.amended.v1"
    order: OrderState
    reason: str
    withdrawn_total: Money


class OrderLinesCancelled(Event):
    """Quantities of order lines were cancelled; `reason` says why.

    `withdrawn_total` is the gross amount that was confirmed before and no longer counts.
    """

    type: ClassVar[str] = "rms.order.lines_cancelled.v1"
    order: OrderState
    lines: tuple[CancelledLine, ...]
    reason: str
    withdrawn_total: Money


class OrderCancelled(Event):
    """An order was cancelled before anything was shipped; `reason` says why.

    `withdrawn_total` is the gross amount that was confirmed before and no longer counts.
    """

    type: ClassVar[str] = "rms.order.cancelled.v1"
    order: OrderState
    reason: str
    cancelled_at: datetime
    withdrawn_total: Money


class OrderShipped(Event):
    """An order was shipped, in part or completely."""

    type: ClassVar[str] = "rms.order.shipped.v1"
    order: OrderState
    shipment: Shipment


class ReceivableCreated(Event):
    """A receivable was created, for a shipment or as a prepayment."""

    type: ClassVar[str] = "rms.receivable.created.v1"
    receivable: ReceivableState


class ReceivableAllocated(Event):
    """A part of a payment was allocated to a receivable."""

    type: ClassVar[str] = "rms.receivable.allocated.v1"
    receivable: ReceivableState
    allocation_id: UUID
    payment_id: UUID
    allocated_now: Money


class ReceivableReopened(Event):
    """An allocation to a receivable was reversed, so more of it is open again."""

    type: ClassVar[str] = "rms.receivable.reopened.v1"
    receivable: ReceivableState
    allocation_id: UUID
    reverses_id: UUID
    payment_id: UUID
    reopened_now: Money


class ReceivableOverdue(Event):
    """A receivable became overdue in the tenant's time zone; published once per receivable."""

    type: ClassVar[str] = "rms.receivable.overdue.v1"
    receivable: ReceivableState
    overdue_date: date


class ReceivableWithdrawn(Event):
    """A part of a prepayment is no longer owed, because its order was cancelled or amended."""

    type: ClassVar[str] = "rms.receivable.withdrawn.v1"
    receivable: ReceivableState
    withdrawn_now: Money


class PaymentReceived(Event):
    """A payment was received."""

    type: ClassVar[str] = "rms.payment.received.v1"
    payment: PaymentState


class PaymentAllocated(Event):
    """A payment was allocated to one or more receivables."""

    type: ClassVar[str] = "rms.payment.allocated.v1"
    payment: PaymentState
    allocations: tuple[Allocation, ...]


class PaymentAllocationReversed(Event):
    """An allocation of a payment was reversed by one with the negative amount."""

    type: ClassVar[str] = "rms.payment.allocation_reversed.v1"
    payment: PaymentState
    allocations: tuple[Allocation, ...]
    reason: str


class PaymentRefunded(Event):
    """A payment was refunded, in part or completely."""

    type: ClassVar[str] = "rms.payment.refunded.v1"
    payment: PaymentState
    refund: MoneyReturn


class PaymentReversed(Event):
    """A payment bounced: its allocations are reversed and nothing of it is left."""

    type: ClassVar[str] = "rms.payment.reversed.v1"
    payment: PaymentState
    reversal: MoneyReturn
    allocations: tuple[Allocation, ...]


class OrderChanged(Event):
    """The note, customer order number or custom fields of an order changed, not its terms."""

    type: ClassVar[str] = "rms.order.changed.v1"
    order: OrderState


class ReceivableChanged(Event):
    """The note or custom fields of a receivable changed."""

    type: ClassVar[str] = "rms.receivable.changed.v1"
    receivable: ReceivableState


class PaymentChanged(Event):
    """The note or custom fields of a payment changed."""

    type: ClassVar[str] = "rms.payment.changed.v1"
    payment: PaymentState


class OrderAssigned(Event):
    """An order got another owner."""

    type: ClassVar[str] = "rms.order.assigned.v1"
    order: OrderState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class OrderSnapshot(Snapshot):
    """The present state of an order, published again on request."""

    type: ClassVar[str] = "rms.order.snapshot.v1"
    order: OrderState


class ReceivableAssigned(Event):
    """A receivable got another owner."""

    type: ClassVar[str] = "rms.receivable.assigned.v1"
    receivable: ReceivableState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class ReceivableSnapshot(Snapshot):
    """The present state of a receivable, published again on request."""

    type: ClassVar[str] = "rms.receivable.snapshot.v1"
    receivable: ReceivableState


class PaymentAssigned(Event):
    """A payment got another owner."""

    type: ClassVar[str] = "rms.payment.assigned.v1"
    payment: PaymentState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class PaymentSnapshot(Snapshot):
    """The present state of a payment, published again on request."""

    type: ClassVar[str] = "rms.payment.snapshot.v1"
    payment: PaymentState


class RmsTenantTaskFinished(TenantTaskEnded):
    """RMS has done its part of a tenant task."""

    type: ClassVar[str] = "rms.tenant_task.finished.v1"


class RmsWorkChanged(WorkChanged):
    """A task about a record was raised or settled, or somebody was notified about it."""

    type: ClassVar[str] = "rms.work.changed.v1"


class RmsWorkSnapshot(WorkSnapshot):
    """The tasks about a record, published again on request."""

    type: ClassVar[str] = "rms.work.snapshot.v1"


class RmsSnapshotFinished(SnapshotFinished):
    """Every record of a run of snapshots has been published."""

    type: ClassVar[str] = "rms.snapshot_run.finished.v1"


class PaymentTermCreated(Event):
    """A payment term was added to the tenant's catalog."""

    type: ClassVar[str] = "rms.payment_term.created.v1"
    payment_term: PaymentTermState


class PaymentTermChanged(Event):
    """A payment term was renamed, deactivated, or made the default or no longer the default."""

    type: ClassVar[str] = "rms.payment_term.changed.v1"
    payment_term: PaymentTermState


class PaymentTermDeleted(Event):
    """A payment term was deleted; it keeps its code and may be restored."""

    type: ClassVar[str] = "rms.payment_term.deleted.v1"
    payment_term: PaymentTermState


class PaymentTermRestored(Event):
    """A deleted payment term was restored."""

    type: ClassVar[str] = "rms.payment_term.restored.v1"
    payment_term: PaymentTermState


class PaymentTermSnapshot(Snapshot):
    """The present state of a payment term, published again on request."""

    type: ClassVar[str] = "rms.payment_term.snapshot.v1"
    payment_term: PaymentTermState


class RmsImportFinished(ImportEnded):
    """A file import ended: it succeeded, failed or was cancelled."""

    type: ClassVar[str] = "rms.import.finished.v1"


class RmsApprovalRequestChanged(ApprovalRequestChanged):
    """An approval was asked for, or the request was answered, withdrawn or has become void."""

    type: ClassVar[str] = "rms.approval_request.changed.v1"


class RmsApprovalRequestSnapshot(ApprovalRequestSnapshot):
    """The present state of a request for approval, published again on request."""

    type: ClassVar[str] = "rms.approval_request.snapshot.v1"
