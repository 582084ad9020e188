"""The clock of a lead: since when it counts, when it falls back, and what comes before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from contracts.work import NoticeKind, TaskKind
from kernel.working_clock import WorkingClock
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import MQL
from mtl.leads.domain.retention import Retention
from parties.ownership_clock import FallBack, Ownership, fall_back

KEEP_LEAD: Final = TaskKind(
    "KEEP_LEAD",
    zh="请在 {until} 前跟进线索 {name}，否则将被收回",
    en="Follow up on lead {name} before {until}, or it falls back",
)
ACCEPT_LEAD: Final = TaskKind(
    "ACCEPT_LEAD",
    zh="请在 {until} 前接受或退回线索 {name}",
    en="Accept or refuse lead {name} before {until}",
)
LEAD_RECYCLED: Final = NoticeKind(
    "LEAD_RECYCLED",
    zh="线索 {name} 未按时跟进或转化，已被收回。",
    en="Lead {name} was not followed up or converted in time and has fallen back.",
)


class ClockState(StrEnum):
    """Whether the clock of a lead runs, and why not."""

    RUNNING = "RUNNING"
    NO_RULE = "NO_RULE"
    NO_DEADLINE = "NO_DEADLINE"
    NO_OWNER = "NO_OWNER"
    CLOSED = "CLOSED"
    DELETED = "DELETED"


@dataclass(frozen=True)
class LeadClock:
    """When a lead falls back, if it does, and when its owner is reminded of the hand-over."""

    fall_back: FallBack | None = None
    accept_reminder_at: datetime | None = None

    @property
    def falls_back_at(self) -> datetime | None:
        """When the lead falls back; None if it does not."""
        return None if self.fall_back is None else self.fall_back.at

    @property
    def reminders(self) -> tuple[datetime, ...]:
        """The reminders before the lead falls back, in order."""
        return () if self.fall_back is None else self.fall_back.reminders

    def due_at(self, known: datetime | None, *, now: datetime) -> datetime | None:
        """Return when something happens next.

        `known` is what was due so far: a reminder that is due, and was not sent yet, stays due.
        """
        ends = [] if self.fall_back is None else [self.fall_back.at]
        reminders = [*self.reminders]
        if self.accept_reminder_at is not None:
            reminders.append(self.accept_reminder_at)
        waiting = (one for one in reminders if one > now or one == known)
        return min([*ends, *waiting], default=None)

    def later(self, *, now: datetime) -> datetime | None:
        """Return what is due after all that was due until now."""
        return self.due_at(None, now=now)


def is_kept(lead: Lead) -> bool:
    """Whether somebody has the lead as an open one, so that a clock may run."""
    return lead.owner_id is not None and lead.is_open and lead.deleted_at is None


def owned(before: Lead | None, after: Lead, *, now: datetime) -> Lead:
    """Return the lead with the start of its ownership, in whatever way it got its owner.

    It is anew with another owner, and when a lead that was closed or deleted is open again.
    """
    if after.owner_id is None:
        return replace(after, owned_since=None)
    has_same_owner = before is not None and before.owner_id == after.owner_id
    is_opened = before is not None and not is_kept(before) and is_kept(after)
    if has_same_owner and not is_opened:
        return after
    return replace(after, owned_since=now)


def ownership_of(lead: Lead) -> Ownership | None:
    """Return the ownership that the clock measures; None if nobody has the lead as an open one.

    A follow-up before the ownership is that of a former owner, and does not count.
    """
    if not is_kept(lead) or lead.owned_since is None:
        return None
    last = lead.last_followed_up_at
    return Ownership(lead.owned_since, None if last is None or last < lead.owned_since else last)


def handed_over(
    before: Lead | None, after: Lead, retention: Retention | None, clock: WorkingClock | None
) -> Lead:
    """Return the lead with the instant by which sales answer its hand-over.

    It stays as it was when the lead was handed over, whatever the rules and the owner are later.
    """
    if after.status is not MQL or after.handed_over_at is None:
        return replace(after, accept_by=None)
    if before is not None and before.handed_over_at == after.handed_over_at:
        return after
    if retention is None or retention.accept_within is None or clock is None:
        return replace(after, accept_by=None)
    return replace(after, accept_by=retention.accept_within.after(after.handed_over_at, clock))


def lead_clock(lead: Lead, retention: Retention, clock: WorkingClock) -> LeadClock:
    """Return the clock of a lead by what the rules decide for it."""
    ownership = ownership_of(lead)
    found = None if ownership is None else fall_back(retention.rule, ownership, clock)
    if ownership is None or lead.accept_by is None or lead.handed_over_at is None:
        return LeadClock(found)
    if retention.accept_reminder is None:
        return LeadClock(found)
    remind_at = retention.accept_reminder.after(lead.handed_over_at, clock)
    is_before = remind_at is not None and remind_at < lead.accept_by
    return LeadClock(found, remind_at if is_before else None)


def clock_state(lead: Lead, retention: Retention | None, clock: LeadClock) -> ClockState:
    """Return whether the clock of a lead runs, and why not."""
    if lead.deleted_at is not None:
        return ClockState.DELETED
    if not lead.is_open:
        return ClockState.CLOSED
    if lead.owner_id is None:
        return ClockState.NO_OWNER
    if retention is None:
        return ClockState.NO_RULE
    return ClockState.NO_DEADLINE if clock.fall_back is None else ClockState.RUNNING
