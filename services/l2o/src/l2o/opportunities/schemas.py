"""Request and response bodies of opportunities."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.records.access.schemas import OwnerId, PersonSummary, RecordSummary
from chassis.records.answers import ExternalRefOut
from chassis.web.references import Expandable, PersonSubject, RefersTo
from kernel.business_dates import BusinessDate
from kernel.money import Money, NonNegativeMoney
from kernel.sums import MoneySum
from kernel.texts import TrimmedText
from l2o.accounts.schemas import AccountOut
from l2o.contacts.schemas import ContactOut
from l2o.opportunities.domain import FunnelRow, Stage

OpportunityName = Annotated[str, TrimmedText(min_length=1, max_length=200)]
LossReason = Annotated[str, TrimmedText(min_length=1, max_length=500)]


# WON and LOST are reached by `win` and `lose`.
OpenStage = Literal["FIRST_CONTACT", "SOLUTION", "QUOTATION", "BIDDING", "NEGOTIATION", "SIGNING"]


class OpportunityEdit(BaseModel):
    """The editable fields of an opportunity; moves and transfers change its stage and owner."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"expected_close_date": "2027-03-31"}]},
    )
    contact_id: UUID | None = None
    name: OpportunityName
    amount: NonNegativeMoney | None = Field(
        default=None, description="The expected amount of the sale"
    )
    expected_close_date: BusinessDate | None = None
    product_id: UUID | None = Field(default=None, description="The product of CPQ to be sold")
    engaged_date: BusinessDate | None = Field(
        default=None, description="When the customer was first engaged"
    )
    custom_fields: dict[str, Any] = {}


class OpportunityIn(OpportunityEdit):
    """A new opportunity with an account."""

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
        description="The `subject` of an active person; by default the caller. Transfers change it",
    )


class OpportunityMove(BaseModel):
    """The open stage to which an opportunity moves."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"stage": "QUOTATION"}]}
    )
    stage: OpenStage


class OpportunityLose(BaseModel):
    """Why an opportunity is lost."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "预算被砍"}]}
    )
    reason: LossReason


class OpportunityOut(BaseModel):
    """An opportunity."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    account_id: Annotated[UUID, RefersTo("l2o.account")]
    account_name: str | None = None
    account: Expandable[AccountOut] = None
    contact_id: Annotated[UUID | None, RefersTo("l2o.contact")]
    contact_name: str | None = None
    contact: Expandable[ContactOut] = None
    lead_id: UUID | None
    name: str
    stage: Stage
    amount: Money | None
    expected_close_date: date | None
    product_id: Annotated[UUID | None, RefersTo("cpq.product")]
    product_name: str | None = None
    product: Expandable[RecordSummary] = None
    engaged_date: date | None
    custom_fields: dict[str, Any]
    lost_reason: str | None
    closed_at: datetime | None
    closed_date: date | None = Field(description="The tenant's day on which it was won or lost")
    order_id: UUID | None = Field(description="The order that won it, if an order did")
    order_no: str | None = Field(examples=["SO-2026-000001"])
    external_ids: list[ExternalRefOut] = Field(description="What other systems call it")
    last_activity_at: datetime | None = Field(
        description="When the last call, mail, meeting, visit or chat was; the version stays"
    )
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    owner: Expandable[PersonSummary] = None
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class StageChangeOut(BaseModel):
    """A change of stage; the first one is the opening."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    from_stage: Stage | None = Field(description="Null for the opening")
    to_stage: Stage
    reason: str | None
    actor: Annotated[str | None, PersonSubject]
    actor_name: str | None = None
    at: datetime


class FunnelAmount(BaseModel):
    """The total amount in one currency, and the number of opportunities that have one."""

    count: int
    amount: MoneySum


class FunnelStage(BaseModel):
    """The opportunities of one stage."""

    stage: Stage
    count: int = Field(description="With those that have no amount")
    amounts: list[FunnelAmount] = Field(description="One entry for each currency, by code")


class Funnel(BaseModel):
    """The opportunities that the caller sees, by stage in the order of stages."""

    stages: list[FunnelStage]

    @classmethod
    def of(cls, rows: Sequence[FunnelRow]) -> "Funnel":
        """Group the rows by stage, with stages that have no opportunities."""
        by_stage = {stage: [row for row in rows if row.stage is stage] for stage in Stage}
        return cls(stages=[_funnel_stage(stage, its_rows) for stage, its_rows in by_stage.items()])


def _funnel_stage(stage: Stage, rows: Sequence[FunnelRow]) -> FunnelStage:
    amounts = [
        FunnelAmount(count=row.count, amount=MoneySum(row.amount, row.currency))
        for row in rows
        if row.amount is not None and row.currency is not None
    ]
    return FunnelStage(stage=stage, count=sum(row.count for row in rows), amounts=amounts)
