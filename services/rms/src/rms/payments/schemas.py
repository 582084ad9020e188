from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
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
from rms.payments.domain.payment import PaymentStatus
from rms.payments.domain.returns import ReturnKind

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


Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class PaymentEdit(BaseModel):
    """All that a PATCH may change: what arrived stays as it was posted."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [{"note": "首付款"}]}
    )

    note: Note | None = None
    custom_fields: dict[str, Any] = {}


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
    ] = Field(
        description="The bank's own reference: one payment each, whatever its case and blanks"
    )
    amount: PayableMoney
    received_date: BusinessDate = Field(
        description="The business day it arrived; from 2000 on, never later"
    )
    owner_id: Annotated[str, Field(min_length=1, max_length=255)] | None = Field(
        None, description="An active person; the account's owner when absent, or else the caller"
    )
    note: Note | None = None
    custom_fields: dict[str, Any] = {}


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


Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class ReversalIn(BaseModel):
    """A payment that bounced."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "支票退票", "returned_date": "2026-11-24"}]},
    )

    reason: Reason
    returned_date: BusinessDate | None = Field(
        None, description="When the bank took it back; today when absent, never later"
    )


class RefundIn(BaseModel):
    """Money that we give back; what is allocated is not there to be given."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"amount": _YUAN, "reason": "重复付款", "bank_reference": "ICBC-20261124-000031"}
            ]
        },
    )

    amount: PayableMoney
    reason: Reason
    returned_date: BusinessDate | None = Field(
        None, description="When it left; today when absent, never later"
    )
    bank_reference: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=140)]
        | None
    ) = Field(None, description="The bank's reference of the transfer back: one refund each")


class AllocationReversalIn(BaseModel):
    """Why an allocation is undone."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "核销错误"}]}
    )

    reason: Reason


class ReturnOut(BaseModel):
    """Money that went back to the customer; it never changes."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: ReturnKind
    amount: Money
    returned_date: date
    bank_reference: str | None
    reason: str
    created_at: datetime


class AllocationOut(BaseModel):
    """What of a payment went to one receivable; it never changes.

    One with `reverses_id` has the negative amount of that one and undoes it.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    payment_id: UUID
    receivable_id: UUID
    amount: Money
    reverses_id: UUID | None
    reason: str | None
    created_at: datetime


class PaymentSummary(BaseModel):
    """A payment without its allocations."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    document_no: str = Field(examples=["PY-2026-000001"])
    account_id: UUID
    account_name: str
    bank_reference: str
    amount: Money
    allocated: Money
    returned: Money = Field(description="What went back: refunds, or all of it if it bounced")
    unallocated: Money = Field(description="amount - returned - allocated")
    received_date: date
    owner_id: str | None
    reversed_at: datetime | None
    status: PaymentStatus
    note: str | None
    custom_fields: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class PaymentOut(PaymentSummary):
    """A payment with all its allocations and returns, the first one first."""

    allocations: list[AllocationOut]
    returns: list[ReturnOut]


class AllocationsOut(BaseModel):
    """The payment as it stands, and the allocations just made."""

    model_config = ConfigDict(from_attributes=True)

    payment: PaymentSummary
    allocations: list[AllocationOut]
