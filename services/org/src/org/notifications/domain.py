"""A notification to one person; its text is made when it is read, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from contracts.work import NoticeKind

EPOCH, MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
# An id is older than the commit of its row, so streams read this far back for late commits.
STREAM_OVERLAP = timedelta(seconds=30)


TASK_OVERDUE: Final = NoticeKind(
    "TASK_OVERDUE",
    zh="待办“{title}”已逾期（截止日期 {due_date}）。",
    en="The task “{title}” is overdue (it was due on {due_date}).",
)
REMINDER: Final = NoticeKind("REMINDER", zh="提醒：{text}", en="Reminder: {text}")


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A notification; `recipient` is the subject of a token.

    `params` fill `text`, a template for each language. The event happened at `occurred_at`; the
    notification was sent at `created_at`.
    """

    id: UUID
    recipient: str
    kind: str
    text: Mapping[str, str]
    params: Mapping[str, str] = field(default_factory=dict)
    resource: str | None = None
    record_id: UUID | None = None
    read_at: datetime | None = None
    occurred_at: datetime
    created_at: datetime
    version: int = 1

    def read(self, *, now: datetime) -> Notification:
        """Return the notification marked as read; the first reading counts."""
        return self if self.read_at is not None else replace(self, read_at=now)


def uuid7_time(value: UUID) -> datetime:
    """Return when a UUIDv7 was made: its first 48 bits are Unix milliseconds (RFC 9562, 5.7)."""
    return EPOCH + (value.int >> 80) * MILLISECOND


def smallest_uuid7_at(instant: datetime) -> UUID:
    """Return a lower bound of all UUIDv7 made at this instant or later."""
    return UUID(int=((instant - EPOCH) // MILLISECOND) << 80)


def overlap_start(last: UUID) -> UUID:
    """Return the id after which a stream reads that has sent `last`, overlapping by 30 seconds."""
    return smallest_uuid7_at(uuid7_time(last) - STREAM_OVERLAP)
