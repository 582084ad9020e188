"""Request and response bodies of messages."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chassis.foundation.key_redaction import without_access_keys
from chassis.records.contact_points import Email, Phone
from chassis.web.references import PersonSubject
from contracts.messages import MessageChannel, MessagePurpose
from desk.message_templates.schemas import MessageLanguage, TemplateCode
from desk.messages.domain import BounceKind, MessageStatus
from kernel.personal import Personal
from kernel.texts import TrimmedText

ResourceName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*\.[a-z][a-z0-9_]*$", max_length=80)
]


class MessageIn(BaseModel):
    """A message to one address, by a template."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "template_code": "QUOTE_LINK",
                    "email": "wang@example.com",
                    "language": "zh-CN",
                    "variables": {
                        "customer": "王芳",
                        "quote_no": "Q-2026-000123",
                        "total": {"amount": "1234.50", "currency": "CNY"},
                        "url": "https://example.com/q/1",
                    },
                }
            ]
        },
    )

    template_code: TemplateCode
    email: Email | None = Field(default=None, description="A mail; else a text message")
    phone: Phone | None = None
    language: MessageLanguage | None = Field(
        default=None, description="By default the tenant's first one that the template has"
    )
    variables: dict[str, Any] = {}
    about_resource: ResourceName | None = Field(default=None, examples=["cpq.quote"])
    about_id: UUID | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.email is None) == (self.phone is None):
            raise PydanticCustomError("ADDRESS_NOT_ONE", "Either a mail address or a number")
        if (self.about_resource is None) != (self.about_id is None):
            raise PydanticCustomError("RECORD_HALF_NAMED", "Both or neither")
        return self


class BounceIn(BaseModel):
    """What a mail server or an SMS gateway reports of a message that it took."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "HARD", "reason": "550 5.1.1 no such user"}]},
    )

    kind: BounceKind
    reason: Annotated[str, TrimmedText(min_length=1, max_length=1000)] | None = None


class MessageSummary(BaseModel):
    """A message in the log, without its text."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    channel: MessageChannel
    status: MessageStatus
    template_code: str
    language: str
    purpose: MessagePurpose
    email: Annotated[str | None, Personal("email")]
    phone: Annotated[str | None, Personal("phone")]
    subject: str | None
    about_resource: str | None
    about_id: UUID | None
    attempts: int
    reason: str | None = Field(description="Why it was not sent, as the server said")
    requested_by: Annotated[str | None, PersonSubject]
    requested_by_name: str | None = None
    sent_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


class MessageOut(MessageSummary):
    """A message with its text, without the keys in its links: they are for its recipient alone."""

    body: Annotated[str, AfterValidator(without_access_keys)]
