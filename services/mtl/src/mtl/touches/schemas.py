"""Request and response bodies of touches."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from chassis.records.codes import Instant
from chassis.web.references import PersonSubject
from kernel.personal import Personal
from mtl.leads.schemas.fields import LeadAttributeName, LeadAttributeValue, LineText, ShortText
from mtl.touches.domain import MAX_PAYLOAD_ENTRIES, TouchKind


def _empty_if_none(value: object) -> object:
    return {} if value is None else value


class LeadTouchIn(BaseModel):
    """A touch to be recorded."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "kind": "DOWNLOAD",
                "at": "2026-11-30T02:00:00Z",
                "channel": "官网",
                "subject": "产品白皮书",
                "payload": {"page": "/whitepaper"},
                "external_id": "web-20261130-17",
            }
        },
    )

    kind: TouchKind
    at: Instant | None = Field(
        default=None, description="When it happened, not in the future; by default now"
    )
    channel: ShortText | None = None
    subject: Annotated[LineText, Personal("text")] | None = Field(
        default=None, description="What it was about, in one line"
    )
    payload: Annotated[
        dict[LeadAttributeName, LeadAttributeValue],
        Field(max_length=MAX_PAYLOAD_ENTRIES),
        Personal("text"),
    ] = {}
    external_id: LineText | None = Field(
        default=None,
        description="What the sender calls it: the same touch sent again is stored once",
    )


class LeadTouchOut(BaseModel):
    """A touch of a lead; it never changes."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: TouchKind
    at: datetime
    recorded_at: datetime
    channel: str | None
    subject: Annotated[str | None, Personal("text")]
    payload: Annotated[dict[str, str], BeforeValidator(_empty_if_none), Personal("text")]
    external_id: str | None
    actor: Annotated[str | None, PersonSubject] = Field(description="Who recorded it")
    actor_name: str | None = None
