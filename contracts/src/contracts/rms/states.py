"""The states that rms's events carry."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from contracts.event import State
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
    """A part of what is owed: `days` after `basis`.

    That is SHIPMENT, END_OF_MONTH (of the shipment), or PREPAID: the confirmation of the order.
    """

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
    `revision` counts the amendments, from 1 on; `prepaid_total` is owed before anything is shipped.
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
    prepaid_total: Money | None = None
    customer_order_no: str | None = None
    note: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class CancelledLine(State):
    """How much of a line will never be shipped; `amount` is gross."""

    line_id: UUID
    quantity: DecimalString
    amount: Money


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
    """One delivery of a part of an order; one receivable for every instalment, the first first.

    `deducted` is what of the amount was owed before, as a prepayment; where that is all of it,
    `receivable_id` is the prepayment's.
    """

    shipment_id: UUID
    document_no: str
    shipped_date: date
    lines: tuple[ShipmentLine, ...]
    amount: Money
    receivable_id: UUID
    receivable_ids: tuple[UUID, ...] = ()
    deducted: Money | None = None


class ReceivableState(State):
    """A sum a customer owes, as it stands after the fact.

    `open = amount - withdrawn - allocated`. `kind` is SHIPMENT or PREPAYMENT; the latter has no
    shipment, and its `shipment_id` is the order's id.
    """

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
    note: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class Allocation(State):
    """What of a payment went to one receivable; a negative amount reverses an earlier one."""

    allocation_id: UUID
    receivable_id: UUID
    amount: Money
    receivable_no: str | None = None
    reverses_id: UUID | None = None


class MoneyReturn(State):
    """Money that went back to the customer; `kind` is REFUND or REVERSAL (it bounced)."""

    return_id: UUID
    kind: str
    amount: Money
    returned_date: date
    reason: str
    bank_reference: str | None = None
