"""Working time: how much lies between two instants, and when a duration of it has passed.

Shifts are in local time, so a night shift is an hour shorter or longer when the clocks change. A
local time that the clocks skip is the instant of their change; one that they show twice is the
first of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from kernel.working_week import DAY_MINUTES, OwnWorkingDay, Shift, Weekday, WorkingWeek

ONE_DAY = timedelta(days=1)
ONE_SECOND = timedelta(seconds=1)
SEARCHED_DAYS: Final = 3660  # how far deadlines and openings are searched for: ten years


class DayReason(StrEnum):
    """Why a date has its shifts."""

    WEEKDAY = "WEEKDAY"
    OWN_DAY = "OWN_DAY"  # the working hours say so for this date
    HOLIDAY = "HOLIDAY"  # a day off of the calendar of days
    MAKE_UP_WORKDAY = "MAKE_UP_WORKDAY"  # a weekend day that the calendar of days declares worked


class ScheduledDay(NamedTuple):
    """A date with its shifts, why it has them, and the name of its own day."""

    date: date
    reason: DayReason
    shifts: tuple[Shift, ...]
    name: str | None = None


class WorkingInterval(NamedTuple):
    """Working time without interruption, `[start, end)` in UTC, of a shift that starts on `day`."""

    start: datetime
    end: datetime
    day: date


def by_weekday(_: date) -> None:
    """Treat no date specially: this calendar of days knows no holidays."""


@dataclass(frozen=True, kw_only=True)
class WorkingClock:
    """Measures working time in a time zone.

    Own days come first; then `special_day`, which returns HOLIDAY for a date on which nobody works,
    MAKE_UP_WORKDAY for one that is worked like `make_up_weekday`, and None for all others; then
    the weekday. Time in which several shifts overlap counts once. Instants have a time zone;
    answers are in UTC.
    """

    zone: ZoneInfo
    week: WorkingWeek
    own_days: tuple[OwnWorkingDay, ...] = ()
    special_day: Callable[[date], DayReason | None] = by_weekday
    make_up_weekday: Weekday = Weekday.MONDAY
    _own: Mapping[date, OwnWorkingDay] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_own", {own.date: own for own in self.own_days})

    def scheduled_day(self, day: date) -> ScheduledDay:
        """The shifts of a date, and why it has them."""
        own = self._own.get(day)
        if own is not None:
            return ScheduledDay(day, DayReason.OWN_DAY, own.shifts, own.name)
        reason = self.special_day(day)
        if reason is DayReason.HOLIDAY:
            return ScheduledDay(day, reason, ())
        if reason is DayReason.MAKE_UP_WORKDAY:
            return ScheduledDay(day, reason, self.week.on(self.make_up_weekday))
        return ScheduledDay(day, DayReason.WEEKDAY, self.week.on(Weekday.of(day)))

    def is_open(self, at: datetime) -> bool:
        """Whether an instant is in working time; at the end of a shift it is not."""
        day = self._local_date(at)
        return any(one.start <= at < one.end for one in self._intervals(day - ONE_DAY, day))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """The working time between two instants. Raises ValueError if the end is first."""
        first, last = self._local_date(start), self._local_date(end)
        if end < start:
            raise ValueError(f"{end} is before {start}")
        start, end, total = start.astimezone(UTC), end.astimezone(UTC), timedelta()
        for one in self._intervals(first - ONE_DAY, last):
            total += max(min(one.end, end) - max(one.start, start), timedelta())
        return total

    def deadline(self, start: datetime, duration: timedelta) -> datetime | None:
        """The first instant at which this working time has passed since `start`.

        For zero it is `start`. None if it lies more than ten years ahead. Raises ValueError for
        less than zero.
        """
        if duration < timedelta():
            raise ValueError(f"{duration} is less than zero")
        first, start, left = self._local_date(start), start.astimezone(UTC), duration
        if not left:
            return start
        for one in self._intervals(first - ONE_DAY, _later(first, SEARCHED_DAYS)):
            begin = max(one.start, start)
            if one.end - begin >= left:
                return begin + left
            left -= max(one.end - begin, timedelta())
        return None

    def next_opening(self, at: datetime) -> datetime | None:
        """The next instant after this one at which working time starts; None within ten years."""
        return next((start for start, _ in self._stretches(at) if start > at), None)

    def next_closing(self, at: datetime) -> datetime | None:
        """The next instant after this one at which working time ends; None within ten years."""
        return next((end for _, end in self._stretches(at) if end > at), None)

    def intervals(self, first: date, last: date) -> list[WorkingInterval]:
        """The working time of the shifts that start from `first` to `last`, in order."""
        return [one for one in self._intervals(first - ONE_DAY, last) if one.day >= first]

    def _stretches(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield working time without interruption, from before this instant; all that has ended."""
        day = self._local_date(at)
        last = _later(day, SEARCHED_DAYS)
        start = end = None
        for one in self._intervals(day - ONE_DAY, last):
            if start is not None and end is not None and end < one.start:
                yield start, end
                start = None
            start, end = start or one.start, one.end
        horizon = local_instant(last, DAY_MINUTES, self.zone)
        if start is not None and end is not None and end < horizon:
            yield start, end

    def _intervals(self, first: date, last: date) -> Iterator[WorkingInterval]:
        """Yield the working time of the shifts that start from `first` to `last`, each part once.

        A part that belongs to several shifts is left out of all but the one that started first.
        """
        waiting: list[WorkingInterval] = []
        covered = datetime.min.replace(tzinfo=UTC)
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            waiting = sorted([*waiting, *self._intervals_of(day)])
            midnight = local_instant(day, DAY_MINUTES, self.zone)
            while waiting and (ordinal == last.toordinal() or waiting[0].start < midnight):
                one = waiting.pop(0)
                if one.end > covered:
                    yield one._replace(start=max(one.start, covered))
                    covered = one.end

    def _intervals_of(self, day: date) -> Iterator[WorkingInterval]:
        for shift in self.scheduled_day(day).shifts:
            for span in shift.working_spans():
                start, end = (local_instant(day, minute, self.zone) for minute in span)
                if start < end:
                    yield WorkingInterval(start, end, day)

    def _local_date(self, at: datetime) -> date:
        if at.tzinfo is None:
            raise ValueError(f"{at} has no time zone")
        return at.astimezone(self.zone).date()


def local_instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant in UTC at which the clocks of a zone show a minute of a day.

    Minutes from 1440 on are those of the next days. A time that the clocks skip is the instant of
    their change, one that they show twice the first of the two; so a later time is never earlier.
    """
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    before_change = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _change_of_offset(before_change, instant, zone)


def _change_of_offset(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second between two instants at which the offset of the zone changes."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > ONE_SECOND:
        middle = before + (after - before) // 2 // ONE_SECOND * ONE_SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _later(day: date, days: int) -> date:
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal() - 2))
