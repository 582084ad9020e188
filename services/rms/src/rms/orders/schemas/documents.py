"""Request and response bodies of orders."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.web.references import PersonSubject, RefersTo
from contracts.rms.events import OrderState
from kernel.business_dates import BusinessDate
from kernel.decimals import DecimalString, PositiveDecimal
from kernel.money import Money
from kernel.texts import TrimmedText
from rms.orders.domain.lines import OrderLine
from rms.orders.domain.shipments import Shipment
from rms.orders.schemas.summary import OrderSummary
from rms.receivables.schemas import NoteText, ReasonText, ReceivableOut

_LINE = "01990000-0000-7000-8000-000000000001"


class ShipmentLineIn(BaseModel):
    """A quantity of an order line."""

    model_config = ConfigDict(extra="forbid")

    line_id: UUID
    quantity: PositiveDecimal


class ShipmentIn(BaseModel):
    """A shipment; `{}` ships all open quantities today, due by the order's payment term."""

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
        description="Business day of the shipment: today if absent, never later, "
        "and never before the day the order was created",
    )
    due_days: Annotated[int, Field(strict=True, ge=0, le=3650)] | None = Field(
        None,
        description="Creates one receivable, due this many days after the shipped date, "
        "instead of those of the order's payment term",
    )
    lines: Annotated[list[ShipmentLineIn], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="All open quantities if absent"
    )


class OrderAmendIn(BaseModel):
    """The requested changes; everything else stays, and so do the unit prices."""

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

    reason: ReasonText
    lines: Annotated[list[ShipmentLineIn], Field(max_length=1000)] = Field(
        [], description="Lines and their new quantities"
    )
    removed_line_ids: Annotated[list[UUID], Field(max_length=1000)] = Field(
        [], description="Lines to remove; at least one line must stay"
    )
    requested_date: BusinessDate | None = Field(
        None, description="Delivery date the customer asks for; not before today"
    )
    payment_term: str | None = Field(None, description="The code of an active payment term")


class OrderEdit(BaseModel):
    """The fields a PATCH may change; agreed values are changed by an amendment."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"customer_order_no": "PO-7731", "note": "分批到货"}]},
    )

    customer_order_no: Annotated[str, TrimmedText(min_length=1, max_length=100)] | None = None
    note: NoteText | None = None
    custom_fields: dict[str, Any] = {}


class OrderCancelIn(BaseModel):
    """The reason for cancelling the whole order."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "客户取消项目"}]}
    )

    reason: ReasonText


class LinesCancelIn(OrderCancelIn):
    """The line quantities to cancel, and the reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"reason": "停产", "lines": [{"line_id": _LINE, "quantity": "1"}]}]
        },
    )

    lines: Annotated[list[ShipmentLineIn], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="All open quantities if absent"
    )


class ShipmentLineOut(BaseModel):
    """A shipped quantity of an order line and its gross amount."""

    model_config = ConfigDict(from_attributes=True)

    line_id: UUID
    line_no: int
    sku: str
    name: str
    quantity: DecimalString
    amount: Money


class ShipmentOut(BaseModel):
    """One delivery of a part of an order; it never changes."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    document_no: str = Field(examples=["SH-2026-000001"])
    order_id: Annotated[UUID, RefersTo("rms.order")]
    order_no: str | None = None
    shipped_date: date
    amount: Money
    deducted: Money = Field(description="The part of `amount` that is owed as a prepayment")
    receivable_id: Annotated[UUID, RefersTo("rms.receivable")] = Field(
        description="Its first receivable; the prepayment if the shipment owes nothing more"
    )
    receivable_no: str | None = None
    lines: list[ShipmentLineOut]
    created_at: datetime

    @classmethod
    def of(cls, shipment: Shipment, order_lines: Sequence[OrderLine]) -> Self:
        """Return a shipment of an order with these lines; its own are sorted by line number."""
        parts = {part.line_id: part for part in shipment.lines}
        lines = [vars(one) | vars(parts[one.id]) for one in order_lines if one.id in parts]
        return cls.model_validate(vars(shipment) | {"lines": lines})


class OrderLineOut(BaseModel):
    """An order line with its shipped and cancelled quantities and amounts."""

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
    shipped_amount: Money = Field(description="Gross amount of the shipped quantity")
    cancelled_amount: Money = Field(description="Gross amount of the cancelled quantity")


class OrderOut(OrderSummary):
    """An order with its lines, shipments and receivables."""

    lines: list[OrderLineOut]
    shipments: list[ShipmentOut]
    receivables: list[ReceivableOut]


class RevisionOut(BaseModel):
    """The state of an order before an amendment, and the reason of the amendment."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    revision: int = Field(description="Revision number of this state")
    reason: str
    actor: Annotated[str, PersonSubject] = Field(
        description="Who amended the order: the subject of the token"
    )
    actor_name: str | None = None
    state: OrderState
    created_at: datetime


class CancellationOut(BaseModel):
    """A cancelled quantity of an order line, its gross amount and the reason."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    line_id: UUID
    line_no: int
    sku: str
    name: str
    quantity: DecimalString
    amount: Money
    reason: str
    actor: Annotated[str, PersonSubject]
    actor_name: str | None = None
    created_at: datetime
