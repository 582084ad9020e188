"""Request and response bodies of the consents of leads."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.records.codes import Instant
from chassis.web.references import PersonSubject
from kernel.personal import Personal
from mtl.consents.domain import ConsentMedium, ConsentState
from mtl.leads.schemas.fields import LineText, LongText, ShortText

Media = Annotated[list[ConsentMedium], Field(min_length=1, max_length=4)]


class ConsentIn(BaseModel):
    """That the person of a lead agreed to be contacted, with the proof."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "media": ["CALL", "MAIL"],
                    "text": "我同意接收产品资讯。",
                    "text_version": "2026-03",
                    "at": "2026-11-30T02:00:00Z",
                    "channel": "展会",
                }
            ]
        },
    )

    media: Media
    text: Annotated[LongText, Personal("text")] = Field(description="What they agreed to")
    text_version: ShortText | None = None
    at: Instant | None = Field(default=None, description="Not in the future; by default now")
    channel: ShortText | None = None
    source: Annotated[LineText, Personal("text")] | None = Field(
        default=None, description="Where it can be looked up, such as the address of a page"
    )


class ConsentWithdrawIn(BaseModel):
    """By which media the person of a lead is not to be contacted any more."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"media": ["CALL"], "source": "客户来电要求"}]},
    )

    media: Media | None = Field(default=None, description="By default all that they have")
    source: Annotated[LineText, Personal("text")] | None = None


class ConsentOut(BaseModel):
    """That a person granted or withdrew a medium; it never changes."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    medium: ConsentMedium
    state: ConsentState
    at: datetime
    recorded_at: datetime
    recorded_by: Annotated[str | None, PersonSubject]
    recorded_by_name: str | None = None
    text: Annotated[str | None, Personal("text")]
    text_version: str | None
    channel: str | None
    source: Annotated[str | None, Personal("text")]


class ConsentStateOut(BaseModel):
    """By which media the person of a lead is not to be contacted."""

    do_not_contact: list[ConsentMedium]
