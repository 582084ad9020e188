from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kernel.business_dates import BusinessDate
from kernel.decimals import DecimalString, PositiveDecimal
from kernel.money import Money
from rms.orders.domain.order import OrderStatus
from rms.receivables.schemas import ReceivableOut

_LINE = "01990000-0000-7000-8000-000000000001"


class ShipmentLineIn(BaseModel):
    """How much of an order line leaves now."""

    model_config = ConfigDict(extra="forbid")

    line_id: UUID
    quantity: PositiveDecimal


class ShipmentIn(BaseModel):
    """What leaves the house; `{}` is all that is left, today, due in 30 days."""

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
    due_days: Annotated[int, Field(strict=True, ge=0, le=3650)] = Field(
        30, description="The receivable is due so many days after the shipped date"
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
    receivable_id: UUID
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
    open_quantity: DecimalString = Field(description="quantity - shipped_quantity")
    net_amount: Money
    tax_rate: DecimalString
    tax_amount: Money
    gross_amount: Money
    shipped_amount: Money = Field(description="The part of the gross amount that was shipped")


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
    confirmed_at: datetime | None
    net_total: Money
    tax_total: Money
    gross_total: Money
    shipped_total: Money
    version: int
    created_at: datetime
    updated_at: datetime


class OrderOut(OrderSummary):
    """An order with its lines, shipments and receivables."""

    lines: list[OrderLineOut]
    shipments: list[ShipmentOut]
    receivables: list[ReceivableOut]
