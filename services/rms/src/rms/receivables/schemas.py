import re
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from kernel.money import Money
from rms.receivables.domain import Receivable, ReceivableStatus

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written_out(value: object) -> object:
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        return value
    raise PydanticCustomError("date_parsing", "Input should be a day such as 2026-11-22")


# Alone, the framework's date also takes seconds since 1970 and midnights.
BusinessDate = Annotated[date, BeforeValidator(_written_out)]


class ReceivableOut(BaseModel):
    """A sum a customer owes for a shipment."""

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
    status: ReceivableStatus
    overdue: bool = Field(description="Something is open, and its due date lies before today")
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, receivable: Receivable, *, today: date) -> Self:
        """The receivable as it looks on a business day."""
        same = {name: getattr(receivable, name) for name in cls.model_fields if name != "overdue"}
        return cls(**same, overdue=receivable.is_overdue(today))
