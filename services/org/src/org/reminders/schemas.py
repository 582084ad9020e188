"""Request and response bodies of reminders."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
)

from chassis.foundation.texts import Text
from chassis.foundation.words import in_words
from chassis.records.codes import Instant
from kernel.business_dates import ensure_business_day
from kernel.texts import TrimmedText
from org.notifications.schemas import ResourceName
from org.reminders.domain import Reminder

ReminderText = Annotated[str, TrimmedText(min_length=1, max_length=500)]


def _on_a_business_day(at: datetime) -> datetime:
    ensure_business_day(at.date())
    return at.astimezone(UTC)


InstantOfBusinessDay = Annotated[Instant, AfterValidator(_on_a_business_day)]


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
    remind_at: InstantOfBusinessDay


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
        shown = in_words(Text(**reminder.template), **reminder.params)
    return ReminderOut.model_validate({**vars(reminder), "text": shown})
