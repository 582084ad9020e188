"""A notification: a fact, told to one person, in words made when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

EPOCH, MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
# An id is made before its row is committed; streams look back so far for those that come late.
OVERLAP = timedelta(seconds=30)


class NotificationKind(StrEnum):
    """What is told; each has a text `NOTIFICATION_<kind>` and can be switched off."""

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
class Subject:
    """The record a notification or task is about: `l2o.opportunity` and its id."""

    resource: str
    record_id: UUID

    @classmethod
    def of(cls, resource: str | None, record_id: UUID | None) -> Subject | None:
        """None where it is about no record."""
        if resource is None or record_id is None:
            return None
        return cls(resource=resource, record_id=record_id)


@dataclass(frozen=True, kw_only=True)
class Notification:
    """`recipient` is a token's subject; `params` fill the text of the kind.

    It was told at `created_at`, of what happened at `occurred_at`.
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
        """Seen by its recipient; the first time counts."""
        return self if self.read_at is not None else replace(self, read_at=now)


def made_at(made: UUID) -> datetime:
    """When a UUIDv7 was made: its first 48 bits are milliseconds since 1970 (RFC 9562, 5.7)."""
    return EPOCH + (made.int >> 80) * MILLISECOND


def first_id(instant: datetime) -> UUID:
    """No UUIDv7 made at this instant or later is smaller."""
    return UUID(int=((instant - EPOCH) // MILLISECOND) << 80)


def look_back(last: UUID) -> UUID:
    """From where a stream reads that has told this one."""
    return first_id(made_at(last) - OVERLAP)
