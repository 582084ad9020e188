from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kernel.money import Money
from rms.receivables.domain import Receivable, ReceivableKind, ReceivableStatus


class ReceivableEdit(BaseModel):
    """All that a PATCH may change: what is owed when follows from order and payments."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [{"note": "已对账"}]}
    )

    note: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
        | None
    ) = None
    custom_fields: dict[str, Any] = {}


class ReceivableOut(BaseModel):
    """A sum a customer owes for a shipment or ahead of all, or an instalment of it."""

    id: UUID
    document_no: str = Field(examples=["AR-2026-000001"])
    order_id: UUID
    order_no: str = Field(examples=["SO-2026-000001"])
    kind: ReceivableKind
    shipment_id: UUID | None = Field(description="None of a prepayment")
    account_id: UUID
    account_name: str
    amount: Money
    allocated: Money
    withdrawn: Money = Field(
        description="What of a prepayment is not owed any more, as less will be shipped"
    )
    open: Money = Field(description="amount - withdrawn - allocated")
    due_date: date
    owner_id: str | None
    instalment: int = Field(description="Which of the payment term's instalments, from 1 on")
    status: ReceivableStatus
    overdue: bool = Field(description="Something is open, and its due date lies before today")
    overdue_date: date | None = Field(
        description="The day on which it was first told to be overdue, even if it is settled since"
    )
    note: str | None
    custom_fields: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, receivable: Receivable, *, today: date) -> Self:
        """The receivable as it looks on a business day."""
        same = {name: getattr(receivable, name) for name in cls.model_fields if name != "overdue"}
        return cls(**same, overdue=receivable.is_overdue(today))
