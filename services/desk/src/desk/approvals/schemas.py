"""Request and response bodies of approvals."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.web.references import PersonSubject, RefersTo
from desk.approvals.domain.history import HistoryAction
from desk.approvals.domain.seats import SeatState
from desk.approvals.domain.statuses import ApprovalStatus, Verdict
from desk.flows.domain.approvers import Origin
from desk.flows.domain.flow import StepMode
from kernel.texts import TrimmedText

Comment = Annotated[str, TrimmedText(min_length=1, max_length=2_000)]
Subject = Annotated[str, Field(min_length=1, max_length=200, examples=["li.na"])]
FileIds = Annotated[
    tuple[UUID, ...],
    Field(
        max_length=20,
        description="Files that the caller has uploaded; they are attached to the request",
    ),
]


def _body(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class DecisionIn(BaseModel):
    """A decision, with an optional comment and files."""

    model_config = _body(comment="价格合理，同意。")
    comment: Comment | None = None
    file_ids: FileIds = ()


class RejectionIn(BaseModel):
    """A rejection says why."""

    model_config = _body(comment="折扣过高，请重新报价。")
    comment: Comment
    file_ids: FileIds = ()


class HandOnIn(BaseModel):
    """Who gets the task instead."""

    model_config = _body(to="li.na", comment="请您判断。")
    to: Subject
    comment: Comment | None = None


class AddApproverIn(BaseModel):
    """Who else is asked: before the caller decides, or after they have approved."""

    model_config = _body(to="li.na", before=True, comment="请法务先看。")
    to: Subject
    before: bool = Field(strict=True)
    comment: Comment | None = None


class SendBackIn(BaseModel):
    """To an earlier step by its key, or without one to the asker."""

    model_config = _body(step="manager", comment="请补充毛利。")
    step: str | None = Field(None, max_length=40)
    comment: Comment


class WithdrawIn(BaseModel):
    """Why the request is withdrawn."""

    model_config = _body(reason="客户改了数量")
    reason: Comment | None = None


class BulkDecisionItem(BaseModel):
    """A decision on one task, in the version that the caller saw."""

    model_config = ConfigDict(extra="forbid")
    id: UUID
    version: int = Field(ge=1, le=2**31 - 1, strict=True)
    verdict: Verdict
    comment: Comment | None = None


class BulkDecisionIn(BaseModel):
    """Up to 200 decisions; each is made or refused by itself."""

    model_config = _body(
        items=[
            {
                "id": "019a0000-0000-7000-8000-000000000d01",
                "version": 1,
                "verdict": "APPROVE",
                "comment": None,
            }
        ]
    )
    items: list[BulkDecisionItem] = Field(min_length=1, max_length=200)


class BulkDecisionResult(BaseModel):
    """What became of one decision; `code` says why it was refused."""

    id: UUID
    status: int
    version: int | None = None
    code: str | None = None
    message: str | None = None


class BulkDecisionOut(BaseModel):
    """The results, in the order of the request."""

    items: list[BulkDecisionResult]


class _RequestOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    kind: str = Field(examples=["cpq.quote_discount"])
    resource: str = Field(examples=["cpq.quote"])
    record_id: UUID
    record_name: str
    requested_by: Annotated[str, PersonSubject]
    requested_by_name: str | None = None
    requested_at: datetime


class ApprovalSummary(_RequestOut):
    """A request in a list."""

    id: UUID
    record_version: int = Field(description="The version that is asked for")
    status: ApprovalStatus
    ended_at: datetime | None
    ended_by: Annotated[str | None, PersonSubject]
    ended_by_name: str | None = None
    reason: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class _SeatFields(BaseModel):
    """Whose turn a decision is, and what they decided: the same of a task and of a seat."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    person: Annotated[str, PersonSubject]
    person_name: str | None = None
    instead_of: Annotated[str | None, PersonSubject] = Field(
        description="Who was asked first: a person on leave, or who delegated the task"
    )
    instead_of_name: str | None = None
    origin: Origin
    state: SeatState
    asked_at: datetime
    decided_at: datetime | None
    decided_by: Annotated[str | None, PersonSubject]
    decided_by_name: str | None = None
    comment: str | None


class ApprovalTaskOut(_RequestOut, _SeatFields):
    """A task to decide: a seat of a step whose turn it is, will be, or was."""

    approval_id: Annotated[UUID, RefersTo("desk.approval")]
    approval_name: str | None = None
    version: int


class SeatOut(_SeatFields):
    """Somebody who is asked in a step, and what they decided."""

    slot: int


class StepOut(BaseModel):
    """A step of the request, with those who are or were asked in the present round."""

    key: str
    name: str
    mode: StepMode
    needed: int | None
    is_present: bool
    seats: list[SeatOut]


class ApprovalOut(ApprovalSummary):
    """A request with all that approvers see: the facts and lines never change."""

    facts: dict[str, Any]
    lines: list[dict[str, Any]]
    flow_version: int = Field(description="The version of the flow; 0 is the built-in one")
    branch: str
    round: int
    steps: list[StepOut]


class HistoryEntryOut(BaseModel):
    """An entry of the history."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    at: datetime
    action: HistoryAction
    step_key: str | None
    round: int
    actor: Annotated[str | None, PersonSubject] = Field(
        description="Who did it; null: the clock, or a rule of the flow"
    )
    actor_name: str | None = None
    on_behalf_of: Annotated[str | None, PersonSubject]
    on_behalf_of_name: str | None = None
    person: Annotated[str | None, PersonSubject]
    person_name: str | None = None
    comment: str | None
    attachment_ids: list[UUID] = Field(description="Among the files of the request")
    by_link: bool = Field(description="Decided by who held the link of a mail, without a token")
    record_version: int = Field(description="The version of the record that whoever acted saw")


class DayCounts(BaseModel):
    """What was asked and what ended on a day, in the tenant's time zone."""

    day: str
    kind: str
    requested: int
    ended: dict[ApprovalStatus, int]
    average_hours: str | None = Field(
        default=None,
        description="From the request to its approval or rejection, of those that ended on this"
        " day",
    )


class StepCounts(BaseModel):
    """The decisions in a step, and how long they took."""

    kind: str
    step: str
    approved: int
    rejected: int
    open: int
    average_hours: str | None = Field(description="From being asked to deciding, in hours")


class PersonCounts(BaseModel):
    """What waits for a person."""

    person: Annotated[str, PersonSubject]
    person_name: str | None = None
    open: int
    oldest_asked_at: datetime


class ClearedCounts(BaseModel):
    """The tasks that a person was given, and those of them decided on the same business day."""

    person: Annotated[str, PersonSubject]
    person_name: str | None = None
    tasks: int
    cleared: int


class ApprovalFigures(BaseModel):
    """Counts per day and kind, per step, who clears their tasks daily, and who does not."""

    days: list[DayCounts]
    steps: list[StepCounts]
    cleared: list[ClearedCounts] = Field(description="Those with most uncleared tasks first")
    waiting: list[PersonCounts]
