from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.rms.events import OrderState
from kernel.business_dates import BusinessDate
from kernel.decimals import DecimalString, PositiveDecimal
from kernel.money import Money
from rms.orders.domain.order import OrderStatus
from rms.orders.domain.tax import TaxRounding
from rms.payment_terms.schemas import TermOut
from rms.receivables.schemas import ReceivableOut

_LINE = "01990000-0000-7000-8000-000000000001"


class ShipmentLineIn(BaseModel):
    """A line of an order and a quantity of it."""

    model_config = ConfigDict(extra="forbid")

    line_id: UUID
    quantity: PositiveDecimal


class ShipmentIn(BaseModel):
    """What leaves the house; `{}` is all that is left, today, due by the order's payment term."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "shipped_date": "2026-11-20",
                    "due_days": 30,
                    "lines": [{"line_id": _LINE, "quantity": "2"}],
                }
            ]
        },
    )

    shipped_date: BusinessDate | None = Field(
        None,
        description="The business day it left; today when absent, never later, "
        "nor before the day of the order",
    )
    due_days: Annotated[int, Field(strict=True, ge=0, le=3650)] | None = Field(
        None,
        description="One receivable, due so many days after the shipped date, "
        "whatever the order's payment term says",
    )
    lines: Annotated[list[ShipmentLineIn], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="All that is left when absent"
    )


Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class OrderAmendIn(BaseModel):
    """What shall be otherwise; what is not named stays, unit prices always do."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "reason": "客户改单",
                    "lines": [{"line_id": _LINE, "quantity": "2"}],
                    "requested_date": "2026-12-01",
                    "payment_term": "NET_30",
                }
            ]
        },
    )

    reason: Reason
    lines: Annotated[list[ShipmentLineIn], Field(max_length=1000)] = Field(
        [], description="Lines and the quantities they shall count from now on"
    )
    removed_line_ids: Annotated[list[UUID], Field(max_length=1000)] = Field(
        [], description="Lines that are dropped; one must stay"
    )
    requested_date: BusinessDate | None = Field(
        None, description="When the customer wants it; not before today"
    )
    payment_term: str | None = Field(None, description="The code of an active payment term")


class OrderEdit(BaseModel):
    """All that a PATCH may change; what was agreed is changed by an amendment."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"customer_order_no": "PO-7731", "note": "分批到货"}]},
    )

    customer_order_no: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
        | None
    ) = None
    note: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
        | None
    ) = None
    custom_fields: dict[str, Any] = {}


class OrderCancelIn(BaseModel):
    """Why nothing of the order will be shipped."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "客户取消项目"}]}
    )

    reason: Reason


class LinesCancelIn(OrderCancelIn):
    """How much of which lines will not be shipped, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"reason": "停产", "lines": [{"line_id": _LINE, "quantity": "1"}]}]
        },
    )

    lines: Annotated[list[ShipmentLineIn], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="All that is left when absent"
    )


class ShipmentLineOut(BaseModel):
    """What a shipment carried of an order line; the amount is gross."""

    model_config = ConfigDict(from_attributes=True)

    line_id: UUID
    quantity: DecimalString
    amount: Money


class ShipmentOut(BaseModel):
    """One delivery of a part of an order; it never changes."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    document_no: str = Field(examples=["SH-2026-000001"])
    order_id: UUID
    shipped_date: date
    amount: Money
    deducted: Money = Field(description="What of it was owed before, as a prepayment")
    receivable_id: UUID = Field(
        description="The first of its instalments; the prepayment where nothing else is owed"
    )
    lines: list[ShipmentLineOut]
    created_at: datetime


class OrderLineOut(BaseModel):
    """A line of an order, and how much of it was shipped."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    line_no: int
    product_id: UUID
    sku: str
    name: str
    unit: str
    quantity: DecimalString
    shipped_quantity: DecimalString
    cancelled_quantity: DecimalString
    open_quantity: DecimalString = Field(
        description="quantity - shipped_quantity - cancelled_quantity"
    )
    net_amount: Money
    tax_rate: DecimalString
    tax_amount: Money
    gross_amount: Money
    shipped_amount: Money = Field(description="The part of the gross amount that was shipped")
    cancelled_amount: Money = Field(
        description="The part of the gross amount that will never be shipped"
    )


class OrderSummary(BaseModel):
    """An order without its lines."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    document_no: str = Field(examples=["SO-2026-000001"])
    quote_id: UUID
    quote_no: str
    opportunity_id: UUID
    account_id: UUID
    account_name: str
    owner_id: str | None
    currency: str
    status: OrderStatus
    revision: int = Field(description="1, and one more for every amendment")
    requested_date: date | None
    payment_term: TermOut
    tax_rounding: TaxRounding = Field(
        description="Whether tax was rounded on every line, or once per rate of the document"
    )
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    net_total: Money
    tax_total: Money
    gross_total: Money
    shipped_total: Money
    cancelled_total: Money
    prepaid_total: Money = Field(description="What is owed before anything is shipped")
    customer_order_no: str | None = Field(description="What the customer calls it")
    note: str | None
    custom_fields: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class OrderOut(OrderSummary):
    """An order with its lines, shipments and receivables."""

    lines: list[OrderLineOut]
    shipments: list[ShipmentOut]
    receivables: list[ReceivableOut]


class RevisionOut(BaseModel):
    """How an order stood before an amendment, and why it was amended."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    revision: int = Field(description="The number of what stood")
    reason: str
    actor: str = Field(description="Who amended it: the subject of a token")
    state: OrderState
    created_at: datetime


class CancellationOut(BaseModel):
    """How much of a line will never be shipped, and why; the amount is gross."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    line_id: UUID
    quantity: DecimalString
    amount: Money
    reason: str
    actor: str
    created_at: datetime
