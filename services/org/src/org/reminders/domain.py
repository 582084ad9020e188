"""A reminder and its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.work import WorkReminder
from kernel.errors import RuleBroken

OWN: Final = "OWN"  # the kind of the reminders that people write; services raise all others


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """A reminder; once it was sent, at `sent_at`, it cannot be changed.

    OWN reminders have a `text`; those that services raise have `params` that fill the `template`,
    a text for each language. Such a one is settled, at `settled_at`, when nobody needs it any more.
    `work_epoch` and `work_sequence` are the version of the publisher's work that last raised or
    settled it.
    """

    id: UUID
    owner_id: str
    kind: str = OWN
    text: str
    template: Mapping[str, str] | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    remind_at: datetime
    resource: str | None = None
    record_id: UUID | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    work_epoch: int | None = None
    work_sequence: int | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def ensure_not_sent(self) -> None:
        """Ensure that the reminder can be changed. Raises RuleBroken (REMINDER_SENT)."""
        if self.sent_at is not None:
            raise RuleBroken("REMINDER_SENT", sent_at=self.sent_at.isoformat())

    @property
    def is_waiting(self) -> bool:
        """Whether the reminder is still to be sent."""
        return self.sent_at is None and self.settled_at is None

    def is_due(self, *, now: datetime) -> bool:
        """Return whether the reminder has to be sent."""
        return self.is_waiting and self.remind_at <= now

    def ensure_own(self) -> None:
        """Ensure that its owner wrote it. Raises RuleBroken (REMINDER_NOT_OWN)."""
        if self.kind != OWN:
            raise RuleBroken("REMINDER_NOT_OWN", kind=self.kind)

    def is_newer(self, work: WorkReminder, *, epoch: int) -> bool:
        """Return whether the work was raised or settled after what this reminder holds."""
        return (epoch, work.changed_in) > (self.work_epoch or 0, self.work_sequence or 0)

    def raised(self, work: WorkReminder, *, epoch: int, now: datetime) -> Reminder:
        """Return the reminder as the work states it: to be sent, or settled unless it was sent."""
        reminder = replace(
            self,
            owner_id=work.recipient,
            template=work.text.model_dump(),
            params=work.params,
            remind_at=work.remind_at,
            work_epoch=epoch,
            work_sequence=work.changed_in,
            updated_at=now,
        )
        if work.open:
            return replace(reminder, sent_at=None, settled_at=None)
        return reminder.settled(now=now)

    def settled(self, *, now: datetime) -> Reminder:
        """Return the reminder settled, unless it was sent or settled before."""
        return replace(self, settled_at=now, updated_at=now) if self.is_waiting else self

    def sent(self, *, now: datetime) -> Reminder:
        """Return the reminder marked as sent."""
        return replace(self, sent_at=now)
