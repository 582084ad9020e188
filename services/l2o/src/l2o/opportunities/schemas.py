"""Request and response bodies of opportunities."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from chassis.records.access.schemas import OwnerId
from kernel.business_dates import BusinessDate
from kernel.money import Money, PreciseMoney
from l2o.opportunities.domain import Counted, Stage

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


def _not_negative(money: Money) -> Money:
    if money.is_negative:
        raise PydanticCustomError(
            "TOO_SMALL", "Input should not be less than 0", {"relation": ">=", "limit": 0}
        )
    return money


ExpectedMoney = Annotated[PreciseMoney, AfterValidator(_not_negative)]
# Won and lost have verbs of their own.
OpenStage = Literal["FIRST_CONTACT", "SOLUTION", "QUOTATION", "BIDDING", "NEGOTIATION", "SIGNING"]


class OpportunityEdit(BaseModel):
    """What may be changed of an opportunity; stage and owner are moves."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"expected_close_date": "2027-03-31"}]},
    )
    contact_id: UUID | None = None
    name: Name
    amount: ExpectedMoney | None = Field(default=None, description="What we hope to sell it for")
    expected_close_date: BusinessDate | None = None
    product_id: UUID | None = Field(default=None, description="What we hope to sell, of CPQ")
    engaged_date: BusinessDate | None = Field(
        default=None, description="When the customer was first engaged"
    )
    custom_fields: dict[str, Any] = {}


class OpportunityIn(OpportunityEdit):
    """Something we hope to sell to an account."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "account_id": "01990000-0000-7000-8000-000000000001",
                    "name": "2027 年度采购",
                    "amount": {"amount": "120000.00", "currency": "CNY"},
                    "expected_close_date": "2027-03-31",
                }
            ]
        },
    )
    account_id: UUID
    owner_id: OwnerId | None = Field(
        default=None,
        description="The `subject` of an active person; else the caller. Transfers change it later",
    )


class OpportunityMove(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"stage": "QUOTATION"}]}
    )
    stage: OpenStage


class OpportunityLose(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "预算被砍"}]}
    )
    reason: Reason


class OpportunityOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    account_id: UUID
    contact_id: UUID | None
    lead_id: UUID | None
    name: str
    stage: Stage
    amount: Money | None
    expected_close_date: date | None
    product_id: UUID | None
    engaged_date: date | None
    custom_fields: dict[str, Any]
    lost_reason: str | None
    closed_at: datetime | None
    closed_date: date | None = Field(description="The tenant's day on which it was won or lost")
    order_id: UUID | None = Field(description="The order that won it, if an order did")
    owner_id: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class StageChangeOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    from_stage: Stage | None = Field(description="Null where it was opened")
    to_stage: Stage
    reason: str | None
    actor: str | None
    at: datetime


class FunnelAmount(BaseModel):
    """What is hoped for, or was won or lost, in one currency; `count` of them have an amount."""

    count: int
    amount: Money


class FunnelStage(BaseModel):
    stage: Stage
    count: int = Field(description="Those without an amount too")
    amounts: list[FunnelAmount] = Field(description="One entry a currency, by its code")


class Funnel(BaseModel):
    """All stages in their order, of the opportunities the caller sees."""

    stages: list[FunnelStage]

    @classmethod
    def of(cls, counted: Sequence[Counted]) -> "Funnel":
        """Stages without any are there too."""
        by_stage = {stage: [one for one in counted if one.stage is stage] for stage in Stage}
        return cls(stages=[_stage(stage, found) for stage, found in by_stage.items()])


def _stage(stage: Stage, counted: Sequence[Counted]) -> FunnelStage:
    amounts = [
        FunnelAmount(count=one.count, amount=Money(one.amount, one.currency))
        for one in counted
        if one.amount is not None and one.currency is not None
    ]
    return FunnelStage(stage=stage, count=sum(one.count for one in counted), amounts=amounts)
