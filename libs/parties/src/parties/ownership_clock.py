"""How long somebody keeps a record without following it up, and when they are reminded before.

The clock of an ownership starts when the record becomes theirs, in whatever way, and anew with each
follow-up; an edit of a field is none. A record falls back at the earliest of up to three deadlines.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from kernel.working_clock import ONE_DAY, SEARCHED_DAYS, WorkingClock, local_instant


class TimeUnit(StrEnum):
    """In what a period is counted."""

    HOURS = "HOURS"
    DAYS = "DAYS"  # of the tenant's calendar: the same time of a later day
    WORKING_HOURS = "WORKING_HOURS"
    WORKING_DAYS = "WORKING_DAYS"  # days on which the owner works at all


class FallBackReason(StrEnum):
    """Why a record falls back."""

    NO_FIRST_FOLLOW_UP = "NO_FIRST_FOLLOW_UP"
    NO_FOLLOW_UP = "NO_FOLLOW_UP"
    NOT_CONVERTED = "NOT_CONVERTED"


@dataclass(frozen=True)
class Period:
    """A length of time, such as 7 DAYS."""

    count: int
    unit: TimeUnit

    def after(self, start: datetime, clock: WorkingClock) -> datetime | None:
        """Return when this much time has passed on the clock; None if it never does."""
        if self.unit is TimeUnit.HOURS:
            return start.astimezone(UTC) + timedelta(hours=self.count)
        if self.unit is TimeUnit.WORKING_HOURS:
            return clock.deadline(start, timedelta(hours=self.count))
        return _days_after(self.count, start, clock, working=self.unit is TimeUnit.WORKING_DAYS)


@dataclass(frozen=True, kw_only=True)
class RetentionRule:
    """How long a record may be kept: until its first follow-up, between two, and altogether.

    `reminders` are periods since the same start as that of the deadline they precede; the previous
    owner of a record that fell back is barred from it for `barred_days`.
    """

    first_follow_up: Period | None = None
    next_follow_up: Period | None = None
    conversion: Period | None = None
    reminders: tuple[Period, ...] = ()
    barred_days: int = 0


@dataclass(frozen=True)
class Ownership:
    """Since when a record belongs to its owner, and when they last followed it up."""

    since: datetime
    last_follow_up: datetime | None = None


@dataclass(frozen=True)
class FallBack:
    """When a record falls back unless something happens, why, and the reminders before."""

    at: datetime
    reason: FallBackReason
    counted_from: datetime
    reminders: tuple[datetime, ...] = ()


def fall_back(rule: RetentionRule, ownership: Ownership, clock: WorkingClock) -> FallBack | None:
    """Return when a record falls back; None if its rule sets no deadline.

    `clock` is that of the owner: days of leave are own days without shifts in it.
    """
    deadlines = [
        FallBack(at, reason, start)
        for reason, period, start in _periods(rule, ownership)
        if (at := period.after(start, clock)) is not None
    ]
    if not deadlines:
        return None
    first = min(deadlines, key=lambda one: one.at)
    reminders = {period.after(first.counted_from, clock) for period in rule.reminders}
    before = sorted(at for at in reminders if at is not None and at < first.at)
    return FallBack(first.at, first.reason, first.counted_from, tuple(before))


def barred_until(rule: RetentionRule, at: datetime, clock: WorkingClock) -> datetime | None:
    """Return until when the previous owner may not take a record that fell back at this instant."""
    return Period(rule.barred_days, TimeUnit.DAYS).after(at, clock) if rule.barred_days else None


def _periods(
    rule: RetentionRule, ownership: Ownership
) -> Iterator[tuple[FallBackReason, Period, datetime]]:
    """Yield the periods that run now, each with its start."""
    followed_up = ownership.last_follow_up
    if followed_up is None:
        first = rule.first_follow_up or rule.next_follow_up
        if first is not None:
            yield FallBackReason.NO_FIRST_FOLLOW_UP, first, ownership.since
    elif rule.next_follow_up is not None:
        yield FallBackReason.NO_FOLLOW_UP, rule.next_follow_up, followed_up
    if rule.conversion is not None:
        yield FallBackReason.NOT_CONVERTED, rule.conversion, ownership.since


def _days_after(
    count: int, start: datetime, clock: WorkingClock, *, working: bool
) -> datetime | None:
    """Return the same local time so many days, or working days, later.

    Working days are counted from the midnight on which the next one begins if nobody works on the
    day of `start`: otherwise Saturday morning would end before Friday noon.
    """
    local = start.astimezone(clock.zone)
    day, time, left = local.date(), local.time(), count
    if working and not clock.scheduled_day(day).shifts:
        time, left = datetime.min.time(), count + 1
    for _ in range(SEARCHED_DAYS):
        if left == 0:
            within = timedelta(hours=time.hour, minutes=time.minute)
            rest = timedelta(seconds=time.second, microseconds=time.microsecond)
            return local_instant(day, within // timedelta(minutes=1), clock.zone) + rest
        day += ONE_DAY
        if not working or clock.scheduled_day(day).shifts:
            left -= 1
    return None
