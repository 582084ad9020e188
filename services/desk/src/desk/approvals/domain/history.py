"""The history of a request: who did what, and what they saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from kernel.personal import Personal


class HistoryAction(StrEnum):
    """What happened to a request."""

    REQUESTED = "REQUESTED"
    ASKED = "ASKED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    HANDED_ON = "HANDED_ON"
    DELEGATED = "DELEGATED"
    TAKEN_BACK = "TAKEN_BACK"
    APPROVER_ADDED = "APPROVER_ADDED"
    SENT_BACK = "SENT_BACK"
    RETURNED = "RETURNED"
    WITHDRAWN = "WITHDRAWN"
    VOIDED = "VOIDED"
    REMINDED = "REMINDED"
    ESCALATED = "ESCALATED"
    TIMED_OUT = "TIMED_OUT"
    REPLACED = "REPLACED"
    DECIDED_BY_RULE = "DECIDED_BY_RULE"
    NOBODY_FOUND = "NOBODY_FOUND"


@dataclass(frozen=True, kw_only=True)
class Happening:
    """What a command did to a request, to be entered in its history.

    `actor` did it, None the clock or a rule; `on_behalf_of` is whose seat they decided. `person` is
    who was asked, or got the seat. `by_link` says that whoever decided held the link of a mail.
    """

    action: HistoryAction
    actor: str | None = None
    on_behalf_of: str | None = None
    person: str | None = None
    comment: str | None = None
    attachment_ids: tuple[str, ...] = ()
    by_link: bool = False


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """An entry of a request's history, which is never changed.

    `record_version` is the version of the record that whoever acted saw: its facts and lines are
    those of the request, which never change either.
    """

    id: UUID
    approval_id: UUID
    at: datetime
    action: HistoryAction
    step_key: str | None
    round: int
    actor: str | None
    on_behalf_of: str | None
    person: str | None
    comment: Annotated[str | None, Personal("text")]
    attachment_ids: tuple[str, ...]
    by_link: bool
    record_version: int
