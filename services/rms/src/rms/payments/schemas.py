"""Request and response bodies of payments, allocations and returns."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from chassis.records.access.schemas import PersonSummary, RecordSummary
from chassis.web.references import Expandable, PersonSubject, RefersTo
from kernel.business_dates import BusinessDate
from kernel.money import Money, PositiveMoney
from kernel.texts import TrimmedText
from rms.payments.domain.payment import PaymentStatus
from rms.payments.domain.returns import ReturnKind
from rms.receivables.schemas import NoteText, ReasonText, ReceivableOut

_ID = "01990000-0000-7000-8000-000000000001"
_YUAN: JsonDict = {"amount": "1130.00", "currency": "CNY"}


BankReference = Annotated[str, TrimmedText(min_length=1, max_length=140)]


class PaymentEdit(BaseModel):
    """The fields a PATCH may change; what was posted stays."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [{"note": "首付款"}]}
    )

    note: NoteText | None = None
    custom_fields: dict[str, Any] = {}


class PaymentIn(BaseModel):
    """A payment that the bank has received."""

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
    bank_reference: BankReference = Field(
        description="The bank's reference, unique regardless of case, blanks and character width"
    )
    amount: PositiveMoney
    received_date: BusinessDate = Field(
        description="Business day of receipt: from 2000 on, not after today"
    )
    owner_id: Annotated[str, Field(min_length=1, max_length=255)] | None = Field(
        None, description="An active person; if absent the account's owner, else the caller"
    )
    note: NoteText | None = None
    custom_fields: dict[str, Any] = {}


class AllocationLineIn(BaseModel):
    """The amount of the payment to allocate to a receivable."""

    model_config = ConfigDict(extra="forbid")

    receivable_id: UUID
    amount: PositiveMoney


class AllocationsIn(BaseModel):
    """The receivables to settle: listed in `lines`, or found by a strategy."""

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
        None, description="The earliest due first, until the payment is spent or nothing is open"
    )
    amount: PositiveMoney | None = Field(None, description="With a strategy: the most to allocate")

    @model_validator(mode="after")
    def _lines_or_strategy(self) -> Self:
        by_lines, by_strategy = self.lines is not None, self.strategy is not None
        if by_lines == by_strategy or (by_lines and self.amount is not None):
            raise PydanticCustomError(
                "LINES_OR_STRATEGY", "Input should have lines, or a strategy with or without amount"
            )
        return self


class ReversalIn(BaseModel):
    """The reversal of a payment that bounced."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "支票退票", "returned_date": "2026-11-24"}]},
    )

    reason: ReasonText
    returned_date: BusinessDate | None = Field(
        None, description="Day the bank took it back: today if absent, not after today"
    )


class RefundIn(BaseModel):
    """A refund of money that is not allocated."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"amount": _YUAN, "reason": "重复付款", "bank_reference": "ICBC-20261124-000031"}
            ]
        },
    )

    amount: PositiveMoney
    reason: ReasonText
    returned_date: BusinessDate | None = Field(
        None, description="Day of the refund: today if absent, not after today"
    )
    bank_reference: BankReference | None = Field(
        None, description="The bank's reference of the refund, unique among refunds"
    )


class AllocationReversalIn(BaseModel):
    """The reason for reversing an allocation."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "核销错误"}]}
    )

    reason: ReasonText


class ReturnOut(BaseModel):
    """Money that was returned to the customer; it never changes."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: ReturnKind
    amount: Money
    returned_date: date
    bank_reference: str | None
    reason: str
    created_at: datetime


class AllocationOut(BaseModel):
    """A part of a payment that settles one receivable; it never changes.

    A reversal has the negative amount, and the original's id in `reverses_id`.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    payment_id: Annotated[UUID, RefersTo("rms.payment")]
    payment_no: str | None = None
    receivable_id: Annotated[UUID, RefersTo("rms.receivable")]
    receivable_no: str | None = None
    receivable: Expandable[ReceivableOut] = None
    amount: Money
    reverses_id: UUID | None
    reason: str | None
    created_at: datetime


class PaymentSummary(BaseModel):
    """A payment without its allocations."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    document_no: str = Field(examples=["PY-2026-000001"])
    account_id: Annotated[UUID, RefersTo("l2o.account")]
    account: Expandable[RecordSummary] = None
    account_name: str
    bank_reference: str
    amount: Money
    allocated: Money
    returned: Money = Field(description="Refunds, or the whole amount if it was reversed")
    unallocated: Money = Field(description="amount - returned - allocated")
    received_date: date
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    owner: Expandable[PersonSummary] = None
    reversed_at: datetime | None
    status: PaymentStatus
    note: str | None
    custom_fields: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class PaymentOut(PaymentSummary):
    """A payment with all its allocations and returns, the oldest first."""

    allocations: list[AllocationOut]
    returns: list[ReturnOut]


class AllocationsOut(BaseModel):
    """The payment after the request, and the allocations the request has made."""

    model_config = ConfigDict(from_attributes=True)

    payment: PaymentSummary
    allocations: list[AllocationOut]
