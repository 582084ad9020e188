"""Facts RMS publishes. Posted documents travel whole, with their lines."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from contracts.event import Event
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
    ReceivableState,
    Shipment,
    ShipmentLine,
)
from contracts.tenant_tasks import TenantTaskEnded
from kernel.money import Money

# Beside the events, which speak of them.
__all__ = [
    "Allocation",
    "CancelledLine",
    "Instalment",
    "MoneyReturn",
    "OrderLine",
    "OrderState",
    "PaymentState",
    "PaymentTerm",
    "ReceivableState",
    "Shipment",
    "ShipmentLine",
]


class OrderCreated(Event):
    """An accepted quote became an order."""

    type: ClassVar[str] = "rms.order.created.v1"
    order: OrderState


class OrderConfirmed(Event):
    """The order binds both sides."""

    type: ClassVar[str] = "rms.order.confirmed.v1"
    order: OrderState
    confirmed_at: datetime


class OrderAmended(Event):
    """The order has other lines or terms than before; it must be confirmed (again).

    `withdrawn_total` is what was confirmed before (gross) and counts no more.
    """

    type: ClassVar[str] = "rms.order.amended.v1"
    order: OrderState
    reason: str
    withdrawn_total: Money


class OrderLinesCancelled(Event):
    """Parts of the order will not be shipped, and why.

    `withdrawn_total` is what was confirmed before (gross) and counts no more.
    """

    type: ClassVar[str] = "rms.order.lines_cancelled.v1"
    order: OrderState
    lines: tuple[CancelledLine, ...]
    reason: str
    withdrawn_total: Money


class OrderCancelled(Event):
    """Nothing of the order will be shipped, and why.

    `withdrawn_total` is what was confirmed before (gross) and counts no more.
    """

    type: ClassVar[str] = "rms.order.cancelled.v1"
    order: OrderState
    reason: str
    cancelled_at: datetime
    withdrawn_total: Money


class OrderShipped(Event):
    """A part of the order, or the rest of it, left the house."""

    type: ClassVar[str] = "rms.order.shipped.v1"
    order: OrderState
    shipment: Shipment


class ReceivableCreated(Event):
    """A shipment is owed for."""

    type: ClassVar[str] = "rms.receivable.created.v1"
    receivable: ReceivableState


class ReceivableAllocated(Event):
    """A part of a payment was set against the receivable."""

    type: ClassVar[str] = "rms.receivable.allocated.v1"
    receivable: ReceivableState
    allocation_id: UUID
    payment_id: UUID
    allocated_now: Money


class ReceivableReopened(Event):
    """A part of a payment that was set against the receivable counts no more."""

    type: ClassVar[str] = "rms.receivable.reopened.v1"
    receivable: ReceivableState
    allocation_id: UUID
    reverses_id: UUID
    payment_id: UUID
    reopened_now: Money


class ReceivableOverdue(Event):
    """Its due date is over in the tenant's time zone and something is open; told once."""

    type: ClassVar[str] = "rms.receivable.overdue.v1"
    receivable: ReceivableState
    overdue_date: date


class ReceivableWithdrawn(Event):
    """A part of a prepayment is not owed any more, as the order was cancelled or amended."""

    type: ClassVar[str] = "rms.receivable.withdrawn.v1"
    receivable: ReceivableState
    withdrawn_now: Money


class PaymentReceived(Event):
    """Money arrived."""

    type: ClassVar[str] = "rms.payment.received.v1"
    payment: PaymentState


class PaymentAllocated(Event):
    """A payment was set against one or more receivables."""

    type: ClassVar[str] = "rms.payment.allocated.v1"
    payment: PaymentState
    allocations: tuple[Allocation, ...]


class PaymentAllocationReversed(Event):
    """An allocation was undone by one with its negative amount: the money is free again."""

    type: ClassVar[str] = "rms.payment.allocation_reversed.v1"
    payment: PaymentState
    allocations: tuple[Allocation, ...]
    reason: str


class PaymentRefunded(Event):
    """A part of a payment was given back."""

    type: ClassVar[str] = "rms.payment.refunded.v1"
    payment: PaymentState
    refund: MoneyReturn


class PaymentReversed(Event):
    """The payment bounced: its allocations are undone and nothing of it is left."""

    type: ClassVar[str] = "rms.payment.reversed.v1"
    payment: PaymentState
    reversal: MoneyReturn
    allocations: tuple[Allocation, ...]


class ImportFinished(ImportEnded):
    """An import has ended: well, badly or because somebody stopped it."""

    type: ClassVar[str] = "rms.import.finished.v1"


class OrderChanged(Event):
    """What is noted of the order is otherwise; what was agreed is not."""

    type: ClassVar[str] = "rms.order.changed.v1"
    order: OrderState


class ReceivableChanged(Event):
    """What is noted of the receivable is otherwise."""

    type: ClassVar[str] = "rms.receivable.changed.v1"
    receivable: ReceivableState


class PaymentChanged(Event):
    """What is noted of the payment is otherwise."""

    type: ClassVar[str] = "rms.payment.changed.v1"
    payment: PaymentState


class OrderAssigned(Event):
    """The order has another owner."""

    type: ClassVar[str] = "rms.order.assigned.v1"
    order: OrderState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class ReceivableAssigned(Event):
    """The receivable has another owner."""

    type: ClassVar[str] = "rms.receivable.assigned.v1"
    receivable: ReceivableState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class PaymentAssigned(Event):
    """The payment has another owner."""

    type: ClassVar[str] = "rms.payment.assigned.v1"
    payment: PaymentState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class TenantTaskFinished(TenantTaskEnded):
    """This service has done its part of a tenant task."""

    type: ClassVar[str] = "rms.tenant_task.finished.v1"
