"""A notification to one person; its text is made when it is read, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

EPOCH, MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
# An id is older than the commit of its row, so streams read this far back for late commits.
STREAM_OVERLAP = timedelta(seconds=30)


class NotificationKind(StrEnum):
    """The kinds of notifications; each has a text `NOTIFICATION_<kind>` and can be switched off."""

    ASSIGNED = "ASSIGNED"
    QUOTE_ACCEPTED = "QUOTE_ACCEPTED"
    QUOTE_REJECTED = "QUOTE_REJECTED"
    QUOTE_EXPIRED = "QUOTE_EXPIRED"
    RECEIVABLE_OVERDUE = "RECEIVABLE_OVERDUE"
    PAYMENT_REVERSED = "PAYMENT_REVERSED"
    IMPORT_FINISHED = "IMPORT_FINISHED"
    TASK_OVERDUE = "TASK_OVERDUE"
    REMINDER = "REMINDER"


@dataclass(frozen=True, kw_only=True)
class RecordRef:
    """The record that a notification or task is about, such as `l2o.opportunity` and its id."""

    resource: str
    record_id: UUID

    @classmethod
    def from_optional(cls, resource: str | None, record_id: UUID | None) -> RecordRef | None:
        """Return the reference, or None if there is no record."""
        if resource is None or record_id is None:
            return None
        return cls(resource=resource, record_id=record_id)


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A notification; `recipient` is the subject of a token, `params` fill the text of the kind.

    The event happened at `occurred_at`; the notification was sent at `created_at`.
    """

    id: UUID
    recipient: str
    kind: NotificationKind
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
