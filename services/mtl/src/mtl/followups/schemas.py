"""Request and response bodies of follow-ups."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from chassis.records.answers import OwnedRecordOut
from chassis.records.codes import Instant
from chassis.web.references import Expandable, PersonSubject, RefersTo
from kernel.business_dates import BusinessDate
from kernel.personal import Personal
from kernel.texts import TrimmedText
from mtl.followups.domain import (
    MAX_CHECKLIST_ITEMS,
    FollowUpDirection,
    FollowUpKind,
    FollowUpResult,
)
from mtl.leads.schemas.fields import LineText, LongText
from mtl.leads.schemas.leads import LeadOut

ChecklistAnswer = Annotated[str, TrimmedText(min_length=1, max_length=500), Personal("text")]


def _empty_if_none(value: object) -> object:
    return [] if value is None else value


class ChecklistItemBody(BaseModel):
    """A question of a screening and its answer."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    question: LineText
    answer: ChecklistAnswer | None = None
    ok: StrictBool | None = Field(default=None, description="Null if nobody has judged the answer")


Checklist = Annotated[list[ChecklistItemBody], BeforeValidator(_empty_if_none)]


class FollowUpEdit(BaseModel):
    """The editable fields of a follow-up; another next step is open again."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"result": "INTERESTED", "next_step_on": "2026-12-03"}]},
    )

    kind: FollowUpKind
    at: Instant = Field(description="When it happened, not in the future")
    direction: FollowUpDirection = Field(
        default=FollowUpDirection.OUTGOING,
        description="INCOMING if the person contacted us, which they may always do",
    )
    result: FollowUpResult | None = None
    summary: Annotated[LongText, Personal("text")] | None = None
    next_step: Annotated[LineText, Personal("text")] | None = None
    next_step_on: BusinessDate | None = Field(
        default=None, description="The day of the next step, on which its owner gets a task"
    )
    checklist: Annotated[Checklist, Field(max_length=MAX_CHECKLIST_ITEMS)] = []
    custom_fields: dict[str, Any] = {}


class FollowUpIn(FollowUpEdit):
    """A new follow-up; whoever creates it did it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "lead_id": "01990000-0000-7000-8000-000000000011",
                    "kind": "CALL",
                    "at": "2026-11-30T02:00:00Z",
                    "result": "CALL_BACK",
                    "summary": "对方在开会",
                    "next_step": "再次致电",
                    "next_step_on": "2026-12-01",
                    "checklist": [{"question": "有预算吗？", "answer": "明年一季度", "ok": True}],
                }
            ]
        },
    )

    lead_id: UUID


class FollowUpOut(OwnedRecordOut):
    """What somebody did about a lead, and what comes next."""

    lead_id: Annotated[UUID, RefersTo("mtl.lead")]
    lead_name: str | None = None
    lead: Expandable[LeadOut] = None
    kind: FollowUpKind
    at: datetime
    direction: FollowUpDirection
    result: FollowUpResult | None
    summary: Annotated[str | None, Personal("text")]
    next_step: Annotated[str | None, Personal("text")]
    next_step_on: date | None
    next_step_done_at: datetime | None
    checklist: Checklist


class FollowUpActivityRow(BaseModel):
    """How often a person followed up in one way on one day."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    kind: FollowUpKind
    count: int
    reached: int = Field(description="After how many of them the person of the lead had spoken")


class FollowUpActivityOut(BaseModel):
    """Who followed up how often, by day and person."""

    rows: list[FollowUpActivityRow]
