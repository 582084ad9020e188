"""Facts RMS publishes. Posted documents travel whole, with their lines."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from contracts.event import Event, State
from contracts.imports import ImportEnded
from contracts.tenant_tasks import TenantTaskEnded
from kernel.decimals import DecimalString
from kernel.money import Money


class OrderLine(State):
    """A line of an order and how much of it has been shipped or cancelled.

    `unit_price` is net, after the discount; `cancelled_amount` is gross.
    """

    line_id: UUID
    line_no: int
    product_id: UUID
    sku: str
    name: str
    unit: str
    quantity: DecimalString
    shipped_quantity: DecimalString
    net_amount: Money
    tax_rate: DecimalString
    tax_amount: Money
    gross_amount: Money
    shipped_amount: Money
    unit_price: Money | None = None
    discount_rate: DecimalString | None = None
    cancelled_quantity: DecimalString | None = None
    cancelled_amount: Money | None = None


class Instalment(State):
    """A part of what is owed: `days` after `basis`, which is SHIPMENT or END_OF_MONTH."""

    share: DecimalString
    basis: str
    days: int


class PaymentTerm(State):
    """When a shipment is to be paid, kept on the order as it was agreed; the shares sum to 1."""

    code: str
    instalments: tuple[Instalment, ...]


class OrderState(State):
    """An order, whole, as it stands after the fact.

    `tax_rounding` is LINE (tax is rounded on every line) or DOCUMENT (once per rate, then split);
    `revision` counts the amendments, from 1 on.
    """

    order_id: UUID
    document_no: str
    quote_id: UUID
    quote_no: str
    opportunity_id: UUID
    account_id: UUID
    account_name: str
    currency: str
    status: str
    lines: tuple[OrderLine, ...]
    net_total: Money
    tax_total: Money
    gross_total: Money
    shipped_total: Money
    owner_id: str | None = None
    tax_rounding: str = "LINE"
    revision: int = 1
    requested_date: date | None = None
    payment_term: PaymentTerm | None = None
    cancelled_total: Money | None = None


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


class CancelledLine(State):
    """How much of a line will never be shipped; `amount` is gross."""

    line_id: UUID
    quantity: DecimalString
    amount: Money


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


class ShipmentLine(State):
    """What one shipment carries of one order line; `amount` is gross: `net_amount + tax_amount`."""

    line_id: UUID
    quantity: DecimalString
    amount: Money
    line_no: int | None = None
    sku: str | None = None
    name: str | None = None
    unit: str | None = None
    net_amount: Money | None = None
    tax_rate: DecimalString | None = None
    tax_amount: Money | None = None


class Shipment(State):
    """One delivery of a part of an order; one receivable for every instalment, the first first."""

    shipment_id: UUID
    document_no: str
    shipped_date: date
    lines: tuple[ShipmentLine, ...]
    amount: Money
    receivable_id: UUID
    receivable_ids: tuple[UUID, ...] = ()


class OrderShipped(Event):
    """A part of the order, or the rest of it, left the house."""

    type: ClassVar[str] = "rms.order.shipped.v1"
    order: OrderState
    shipment: Shipment


class ReceivableState(State):
    """A sum a customer owes, as it stands after the fact; `open = amount - allocated`."""

    receivable_id: UUID
    document_no: str
    order_id: UUID
    order_no: str
    shipment_id: UUID
    account_id: UUID
    amount: Money
    allocated: Money
    open: Money
    due_date: date
    status: str
    account_name: str | None = None
    owner_id: str | None = None
    instalment: int = 1


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


class PaymentState(State):
    """Money received, as it stands after the fact; `unallocated = amount - returned - allocated`.

    `returned` is what went back: refunds, or all of it where the bank took the payment back.
    """

    payment_id: UUID
    document_no: str
    account_id: UUID
    bank_reference: str
    amount: Money
    allocated: Money
    unallocated: Money
    received_date: date
    status: str
    account_name: str | None = None
    owner_id: str | None = None
    returned: Money | None = None


class PaymentReceived(Event):
    """Money arrived."""

    type: ClassVar[str] = "rms.payment.received.v1"
    payment: PaymentState


class Allocation(State):
    """What of a payment went to one receivable; a negative amount reverses an earlier one."""

    allocation_id: UUID
    receivable_id: UUID
    amount: Money
    receivable_no: str | None = None
    reverses_id: UUID | None = None


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


class MoneyReturn(State):
    """Money that went back to the customer; `kind` is REFUND or REVERSAL (it bounced)."""

    return_id: UUID
    kind: str
    amount: Money
    returned_date: date
    reason: str
    bank_reference: str | None = None


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
