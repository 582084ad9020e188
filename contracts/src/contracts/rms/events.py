"""Facts RMS publishes. Posted documents travel whole, with their lines."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from contracts.event import Event, State
from kernel.decimals import DecimalString
from kernel.money import Money


class OrderLine(State):
    """A line of an order and how much of it has been shipped.

    `unit_price` is net, after the discount.
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


class OrderState(State):
    """An order, whole, as it stands after the fact."""

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


class OrderCreated(Event):
    """An accepted quote became an order."""

    type: ClassVar[str] = "rms.order.created.v1"
    order: OrderState


class OrderConfirmed(Event):
    """The order binds both sides."""

    type: ClassVar[str] = "rms.order.confirmed.v1"
    order: OrderState
    confirmed_at: datetime


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
    """One delivery of a part of an order."""

    shipment_id: UUID
    document_no: str
    shipped_date: date
    lines: tuple[ShipmentLine, ...]
    amount: Money
    receivable_id: UUID


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


class PaymentState(State):
    """Money received, as it stands after the fact; `unallocated = amount - allocated`."""

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


class PaymentReceived(Event):
    """Money arrived."""

    type: ClassVar[str] = "rms.payment.received.v1"
    payment: PaymentState


class Allocation(State):
    """What of a payment went to one receivable."""

    allocation_id: UUID
    receivable_id: UUID
    amount: Money
    receivable_no: str | None = None


class PaymentAllocated(Event):
    """A payment was set against one or more receivables."""

    type: ClassVar[str] = "rms.payment.allocated.v1"
    payment: PaymentState
    allocations: tuple[Allocation, ...]
