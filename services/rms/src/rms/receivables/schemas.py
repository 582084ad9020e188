"""Request and response bodies of receivables."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.records.access.schemas import PersonSummary, RecordSummary
from chassis.web.references import Expandable, PersonSubject, RefersTo
from kernel.money import Money
from kernel.texts import TrimmedText
from rms.orders.schemas.summary import OrderSummary
from rms.receivables.domain import Receivable, ReceivableKind, ReceivableStatus

# Free text that orders, receivables and payments share.
NoteText = Annotated[str, TrimmedText(min_length=1, max_length=2000)]
ReasonText = Annotated[str, TrimmedText(min_length=1, max_length=500)]


class ReceivableEdit(BaseModel):
    """The fields a PATCH may change; amounts and dates follow from the order and its payments."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [{"note": "已对账"}]}
    )

    note: NoteText | None = None
    custom_fields: dict[str, Any] = {}


class ReceivableOut(BaseModel):
    """An amount a customer owes for a shipment or as a prepayment, or one instalment of it."""

    id: UUID
    document_no: str = Field(examples=["AR-2026-000001"])
    order_id: Annotated[UUID, RefersTo("rms.order")]
    order_no: str = Field(examples=["SO-2026-000001"])
    order: Expandable[OrderSummary] = None
    kind: ReceivableKind
    shipment_id: Annotated[UUID | None, RefersTo("rms.shipment")] = Field(
        description="Null for a prepayment"
    )
    shipment_no: str | None = None
    account_id: Annotated[UUID, RefersTo("l2o.account")]
    account: Expandable[RecordSummary] = None
    account_name: str
    amount: Money
    allocated: Money
    withdrawn: Money = Field(
        description="The part of a prepayment that is no longer owed because the order shrank"
    )
    open: Money = Field(description="amount - withdrawn - allocated")
    due_date: date
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    owner: Expandable[PersonSummary] = None
    instalment: int = Field(description="Number of the payment term's instalment, from 1")
    status: ReceivableStatus
    overdue: bool = Field(description="An amount is open and the due date has passed")
    overdue_date: date | None = Field(
        description="Day on which it was first reported overdue; stays after it is settled"
    )
    note: str | None
    custom_fields: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, receivable: Receivable, *, today: date) -> Self:
        """The receivable as the API answers it on this business day."""
        same = {
            name: getattr(receivable, name)
            for name in cls.model_fields
            if hasattr(receivable, name)
        }
        return cls(**same, overdue=receivable.is_overdue(today))
