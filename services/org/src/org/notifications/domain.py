"""A notification: a fact, told to one person, in words made when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID


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


@dataclass(frozen=True, kw_only=True)
class Notification:
    """`recipient` is a token's subject; `params` fill the text of the kind."""

    id: UUID
    recipient: str
    kind: NotificationKind
    params: Mapping[str, str] = field(default_factory=dict)
    resource: str | None = None
    record_id: UUID | None = None
    read_at: datetime | None = None
    created_at: datetime
    version: int = 1

    def read(self, *, now: datetime) -> Notification:
        """Seen by its recipient; the first time counts."""
        return self if self.read_at is not None else replace(self, read_at=now)
