"""A reminder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from kernel.errors import RuleBroken


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """`sent_at` is when it was told; then it changes no more."""

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

    def changed(self, *, text: str, remind_at: datetime, now: datetime) -> Reminder:
        """Raises RuleBroken (REMINDER_SENT)."""
        if self.sent_at is not None:
            raise RuleBroken("REMINDER_SENT", sent_at=self.sent_at.isoformat())
        return replace(self, text=text, remind_at=remind_at, updated_at=now)

    def is_due(self, *, now: datetime) -> bool:
        return self.sent_at is None and self.remind_at <= now

    def sent(self, *, now: datetime) -> Reminder:
        return replace(self, sent_at=now, updated_at=now)
