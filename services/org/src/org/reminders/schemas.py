"""Request and response bodies of reminders."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from chassis.foundation.context import current
from chassis.foundation.texts import Text, filled
from kernel.business_dates import ensure_business_day
from org.notifications.schemas import ResourceName
from org.reminders.domain import Reminder

ReminderText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)
]


def _require_rfc3339_text(value: object) -> object:
    """Accept only RFC 3339; pydantic alone would also accept seconds since 1970."""
    if (isinstance(value, str) and "T" in value.upper()) or isinstance(value, datetime):
        return value
    raise PydanticCustomError("datetime_parsing", "Input should be an instant in RFC 3339")


def _on_a_business_day(at: datetime) -> datetime:
    ensure_business_day(at.date())
    return at.astimezone(UTC)


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_require_rfc3339_text),
    AfterValidator(_on_a_business_day),
]


class ReminderEdit(BaseModel):
    """The fields of a reminder that can be edited until it is sent."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={
            "examples": [{"text": "给王芳打电话", "remind_at": "2026-12-01T01:00:00Z"}]
        },
    )
    text: ReminderText
    remind_at: Instant


class ReminderIn(ReminderEdit):
    """A new reminder, with the record it is about, if any."""

    resource: ResourceName | None = Field(None, examples=["l2o.opportunity"])
    record_id: UUID | None = None


class ReminderOut(BaseModel):
    """A reminder; the text of a raised one is in the caller's language."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    kind: Annotated[str, Field(examples=["OWN"])]
    text: str
    remind_at: datetime
    resource: str | None
    record_id: UUID | None
    sent_at: datetime | None
    settled_at: datetime | None = Field(description="Since when it is not needed any more")
    version: int
    created_at: datetime
    updated_at: datetime


def reminder_out(reminder: Reminder) -> ReminderOut:
    """Return the body of a reminder in the caller's language."""
    shown = reminder.text
    if reminder.template is not None:
        shown = filled(Text(**reminder.template), reminder.params, current().language)
    return ReminderOut.model_validate({**vars(reminder), "text": shown})
