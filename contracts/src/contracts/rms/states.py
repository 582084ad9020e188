"""The states that the events of RMS carry."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.event import AggregateState, State
from kernel.decimals import DecimalString
from kernel.money import Money


class OrderLine(State):
    """An order line with its shipped and cancelled quantities and amounts.

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
    """A share of the amount, due `days` after `basis`.

    `basis` is SHIPMENT, END_OF_MONTH (of the shipment), or PREPAID (confirmation of the order).
    """

    share: DecimalString
    basis: str
    days: int


class PaymentTermState(AggregateState):
    """The state of a payment term of the tenant's catalog after the event."""

    aggregate: ClassVar[str] = "rms.payment_term"
    payment_term_id: UUID
    code: str
    name: str
    instalments: tuple[Instalment, ...]
    is_default: bool
    active: bool
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class PaymentTerm(State):
    """The agreed payment term of an order: when its amounts are due; the shares sum to 1."""

    code: str
    instalments: tuple[Instalment, ...]


class OrderState(AggregateState):
    """The complete state of an order after the event.

    `tax_rounding` is LINE (tax is rounded on every line) or DOCUMENT (once per rate, then split);
    `revision` begins at 1 and counts amendments; `prepaid_total` is owed before any shipment.
    `created_at` is when the order was placed, which no amendment changes.
    """

    aggregate: ClassVar[str] = "rms.order"
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
    prepaid_total: Money | None = None
    customer_order_no: str | None = None
    note: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)
    created_at: datetime | None = None


class CancelledLine(State):
    """The cancelled quantity of an order line; `amount` is gross."""

    line_id: UUID
    quantity: DecimalString
    amount: Money


class ShipmentLine(State):
    """The part of an order line in a shipment; `amount` is gross: `net_amount + tax_amount`."""

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
    """One delivery of an order; `receivable_ids` holds one receivable per instalment, in order.

    `deducted` is the part of the amount that was already owed as a prepayment; where that is the
    whole amount, `receivable_id` is the prepayment's.
    """

    shipment_id: UUID
    document_no: str
    shipped_date: date
    lines: tuple[ShipmentLine, ...]
    amount: Money
    receivable_id: UUID
    receivable_ids: tuple[UUID, ...] = ()
    deducted: Money | None = None


class ReceivableState(AggregateState):
    """The state of a receivable (an amount that a customer owes) after the event.

    `open = amount - withdrawn - allocated`. `kind` is SHIPMENT or PREPAYMENT; a prepayment has no
    shipment, and its `shipment_id` is the order's id.
    """

    aggregate: ClassVar[str] = "rms.receivable"
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
    kind: str = "SHIPMENT"
    withdrawn: Money | None = None
    note: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class PaymentState(AggregateState):
    """The state of a payment after the event; `unallocated = amount - returned - allocated`.

    `returned` is the sum of refunds, or the whole amount where the payment bounced.
    """

    aggregate: ClassVar[str] = "rms.payment"
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
    note: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class Allocation(State):
    """The amount of a payment set against a receivable; a negative one reverses an earlier one."""

    allocation_id: UUID
    receivable_id: UUID
    amount: Money
    receivable_no: str | None = None
    reverses_id: UUID | None = None


class MoneyReturn(State):
    """Money that went back to the customer; `kind` is REFUND or REVERSAL (the payment bounced)."""

    return_id: UUID
    kind: str
    amount: Money
    returned_date: date
    reason: str
    bank_reference: str | None = None
