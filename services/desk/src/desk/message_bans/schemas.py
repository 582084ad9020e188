"""Request and response bodies of message bans."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chassis.records.contact_points import Email, Phone
from chassis.web.references import PersonSubject
from contracts.messages import MessageChannel
from desk.message_bans.domain import BanReason
from kernel.texts import TrimmedText


class MessageBanIn(BaseModel):
    """A mail address or a number to which nothing is to be sent."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"email": "wang@example.com", "note": "来电要求停止发送"}]},
    )

    email: Email | None = None
    phone: Phone | None = None
    note: Annotated[str, TrimmedText(min_length=1, max_length=500)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.email is None) == (self.phone is None):
            raise PydanticCustomError("ADDRESS_NOT_ONE", "Either a mail address or a number")
        return self

    @property
    def channel(self) -> MessageChannel:
        """The channel that the address belongs to."""
        return MessageChannel.SMS if self.email is None else MessageChannel.MAIL


class MessageBanOut(BaseModel):
    """An address to which nothing is sent; it is stored as a digest."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    channel: MessageChannel
    hint: str | None = Field(description="Its ends, to recognize it", examples=["wa…@example.com"])
    reason: BanReason
    note: str | None
    created_by: Annotated[str | None, PersonSubject]
    created_by_name: str | None = None
    created_at: datetime
    version: int
