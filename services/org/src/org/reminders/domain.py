"""A reminder and its state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from kernel.errors import RuleBroken


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """A reminder; once it was sent, at `sent_at`, it cannot be changed."""

    id: UUID
    owner_id: str
    text: str
    remind_at: datetime
    resource: str | None = None
    record_id: UUID | None = None
    sent_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def ensure_not_sent(self) -> None:
        """Ensure that the reminder can be changed. Raises RuleBroken (REMINDER_SENT)."""
        if self.sent_at is not None:
            raise RuleBroken("REMINDER_SENT", sent_at=self.sent_at.isoformat())

    def is_due(self, *, now: datetime) -> bool:
        """Return whether the reminder has to be sent."""
        return self.sent_at is None and self.remind_at <= now

    def sent(self, *, now: datetime) -> Reminder:
        """Return the reminder marked as sent."""
        return replace(self, sent_at=now)
