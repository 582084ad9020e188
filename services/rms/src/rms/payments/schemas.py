from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from kernel.business_dates import BusinessDate
from kernel.money import Money, PreciseMoney
from rms.payments.domain import PaymentStatus

_ID = "01990000-0000-7000-8000-000000000001"
_YUAN: JsonDict = {"amount": "1130.00", "currency": "CNY"}


def _positive(money: Money) -> Money:
    if money.amount <= 0:
        raise PydanticCustomError(
            "TOO_SMALL", "Input should be greater than 0", {"relation": ">", "limit": 0}
        )
    return money


# More than nothing, and no part of the smallest coin.
PayableMoney = Annotated[PreciseMoney, AfterValidator(_positive)]


class PaymentIn(BaseModel):
    """Money that arrived."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "account_id": _ID,
                    "bank_reference": "ICBC-20261120-000817",
                    "amount": _YUAN,
                    "received_date": "2026-11-20",
                }
            ]
        },
    )

    account_id: UUID
    bank_reference: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=140)
    ] = Field(description="The bank's own reference: one payment each")
    amount: PayableMoney
    received_date: BusinessDate = Field(
        description="The business day it arrived; from 2000 on, never later"
    )


class AllocationLineIn(BaseModel):
    """How much of the payment goes to a receivable."""

    model_config = ConfigDict(extra="forbid")

    receivable_id: UUID
    amount: PayableMoney


class AllocationsIn(BaseModel):
    """Which receivables a payment settles: chosen in `lines`, or the oldest first."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"lines": [{"receivable_id": _ID, "amount": _YUAN}]},
                {"strategy": "OLDEST_FIRST"},
                {"strategy": "OLDEST_FIRST", "amount": _YUAN},
            ]
        },
    )

    lines: Annotated[list[AllocationLineIn], Field(min_length=1, max_length=200)] | None = None
    strategy: Literal["OLDEST_FIRST"] | None = Field(
        None, description="The earliest due first, until the money or the receivables end"
    )
    amount: PayableMoney | None = Field(
        None, description="With a strategy: no more than this of the payment"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        by_lines, by_strategy = self.lines is not None, self.strategy is not None
        if by_lines == by_strategy or (by_lines and self.amount is not None):
            raise PydanticCustomError(
                "LINES_OR_STRATEGY", "Input should have lines, or a strategy with or without amount"
            )
        return self


class AllocationOut(BaseModel):
    """What of a payment went to one receivable; it never changes."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    receivable_id: UUID
    amount: Money
    created_at: datetime


class PaymentSummary(BaseModel):
    """A payment without its allocations."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    document_no: str = Field(examples=["PY-2026-000001"])
    account_id: UUID
    bank_reference: str
    amount: Money
    allocated: Money
    unallocated: Money = Field(description="amount - allocated")
    received_date: date
    status: PaymentStatus
    version: int
    created_at: datetime
    updated_at: datetime


class PaymentOut(PaymentSummary):
    """A payment with all its allocations, the first one first."""

    allocations: list[AllocationOut]


class AllocationsOut(BaseModel):
    """The payment as it stands, and the allocations just made."""

    model_config = ConfigDict(from_attributes=True)

    payment: PaymentSummary
    allocations: list[AllocationOut]
