from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from kernel.money import Money
from rms.receivables.domain import Receivable, ReceivableStatus


class ReceivableOut(BaseModel):
    """A sum a customer owes for a shipment, or an instalment of it."""

    id: UUID
    document_no: str = Field(examples=["AR-2026-000001"])
    order_id: UUID
    order_no: str = Field(examples=["SO-2026-000001"])
    shipment_id: UUID
    account_id: UUID
    amount: Money
    allocated: Money
    open: Money = Field(description="amount - allocated")
    due_date: date
    owner_id: str | None
    instalment: int = Field(description="Which of the shipment's instalments, from 1 on")
    status: ReceivableStatus
    overdue: bool = Field(description="Something is open, and its due date lies before today")
    overdue_date: date | None = Field(
        description="The day on which it was first told to be overdue, even if it is settled since"
    )
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, receivable: Receivable, *, today: date) -> Self:
        """The receivable as it looks on a business day."""
        same = {name: getattr(receivable, name) for name in cls.model_fields if name != "overdue"}
        return cls(**same, overdue=receivable.is_overdue(today))
