"""Request and response bodies of captures."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from chassis.web.problem_schema import Problem
from chassis.web.references import Expandable, PersonSubject, RefersTo
from kernel.personal import Personal
from kernel.texts import TrimmedText
from mtl.captures.domain import Capture, CaptureOutcome, shown_outcome, shown_reasons
from mtl.channels.schemas.channels import CaptureReasonOut, ChannelOut, Payload, reason_out
from mtl.leads.schemas.leads import LeadOut

EventId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")]


def _reasons(value: Any) -> Any:
    """Return stored reasons in the preferred language; none of an erased person."""
    return [
        reason_out(each["code"], each["params"], each["field"]) if isinstance(each, dict) else each
        for each in value or ()
    ]


def _empty_if_none(value: object) -> object:
    return {} if value is None else value


Reasons = Annotated[list[CaptureReasonOut], BeforeValidator(_reasons)]
PersonalJson = Annotated[dict[str, Any], BeforeValidator(_empty_if_none), Personal("text")]


class CaptureReceipt(BaseModel):
    """What became of a capture, as its sender may know it."""

    capture_id: UUID = Field(description="To name it in questions about it")
    outcome: CaptureOutcome
    reasons: list[CaptureReasonOut] = Field(description="Why it is not accepted, or not yet")

    @classmethod
    def of(cls, capture: Capture, *, shows_duplicates: bool) -> Self:
        """Return the receipt of a capture; it says that a lead is known only if it may."""
        return cls(
            capture_id=capture.id,
            outcome=shown_outcome(capture, shows_duplicates=shows_duplicates),
            reasons=_reasons(shown_reasons(capture, shows_duplicates=shows_duplicates)),
        )


class CaptureEntry(BaseModel):
    """One of several captures that are handed in together."""

    model_config = ConfigDict(extra="forbid")

    payload: Payload
    event_id: EventId | None = None


class CaptureBatchIn(BaseModel):
    """Captures that are handed in together."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "captures": [
                        {"event_id": "e-1", "payload": {"name": "王芳", "phone": "13800138000"}},
                        {"event_id": "e-2", "payload": {"company": "杭州远景科技有限公司"}},
                    ]
                }
            ]
        },
    )

    captures: Annotated[list[Any], Field(min_length=1, max_length=200)] = Field(
        description="Each `{payload, event_id}`; one that is wrong does not stop the others"
    )


class CaptureResult(BaseModel):
    """What became of one of several captures: a receipt, or what was wrong."""

    status: int = Field(description="201 for a new capture, 200 for one sent again, or an error")
    receipt: CaptureReceipt | None = None
    problem: Problem | None = None


class CaptureBatchOut(BaseModel):
    """What became of captures that were handed in together, in their order."""

    results: list[CaptureResult]


class CaptureSummary(BaseModel):
    """A capture in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    channel_id: Annotated[UUID, RefersTo("mtl.channel")]
    channel_name: str | None = None
    channel: Expandable[ChannelOut] = None
    touched_at: datetime = Field(description="When the person had contact with us")
    outcome: CaptureOutcome
    reasons: Reasons
    fields: PersonalJson = Field(description="What the channel read in the payload")
    lead_id: Annotated[UUID | None, RefersTo("mtl.lead")]
    lead_name: str | None = None
    lead: Expandable[LeadOut] = None
    duplicate_of_id: Annotated[UUID | None, RefersTo("mtl.lead")] = Field(
        description="The lead that was there already"
    )
    duplicate_of_name: str | None = None
    duplicate_of: Expandable[LeadOut] = None
    reviewed_by: Annotated[str | None, PersonSubject]
    reviewed_by_name: str | None = None
    reviewed_at: datetime | None
    review_note: Annotated[str | None, Personal("text")]
    emptied_at: datetime | None = Field(
        description="Since when payload and fields are erased, because they were kept long enough"
    )
    version: int
    created_at: datetime
    updated_at: datetime


class CaptureOut(CaptureSummary):
    """A capture with its payload, as it was handed in."""

    payload: PersonalJson


class CaptureApproveIn(BaseModel):
    """Corrections of the fields of a capture that becomes a lead."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"fields": {"phone": "138-0013-8000"}}]}
    )

    fields: Payload = Field(
        default={}, description="By the targets of the channel's mapping; null empties a field"
    )
    note: Annotated[str, TrimmedText(min_length=1, max_length=500), Personal("text")] | None = None


class CaptureRejectIn(BaseModel):
    """Why a capture is no lead."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"note": "同行询价"}]}
    )

    note: Annotated[str, TrimmedText(min_length=1, max_length=500), Personal("text")]
