"""A business calendar: what each day is, and how working days are counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

DAY = timedelta(days=1)
FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)
FARTHEST = 1000  # working days


class DayKind(StrEnum):
    WORKDAY = "WORKDAY"
    WEEKEND = "WEEKEND"
    HOLIDAY = "HOLIDAY"  # by law, or exchanged for a make-up day
    MAKE_UP_WORKDAY = "MAKE_UP_WORKDAY"  # a weekend worked for a longer holiday (调休)
    OWN_WORKDAY = "OWN_WORKDAY"
    OWN_DAY_OFF = "OWN_DAY_OFF"


WORKED = frozenset({DayKind.WORKDAY, DayKind.MAKE_UP_WORKDAY, DayKind.OWN_WORKDAY})


@dataclass(frozen=True, kw_only=True)
class OwnDay:
    """What a tenant says of one day; it overrules the law's calendar."""

    id: UUID
    date: date
    working: bool
    name: str


@dataclass(frozen=True)
class Official:
    """A country's days off with their names, and its weekends that are worked.

    `until` is the last day whose make-up days are announced; later years know fixed holidays only.
    """

    holidays: Mapping[date, str]
    make_up: frozenset[date]
    until: date


@dataclass(frozen=True)
class Day:
    date: date
    kind: DayKind
    name: str | None = None

    @property
    def working(self) -> bool:
        return self.kind in WORKED


@dataclass(frozen=True)
class Calendar:
    """The law's days and the tenant's own."""

    official: Official
    own: Mapping[date, OwnDay]

    def day(self, day: date) -> Day:
        """What this day is: the tenant's word, then make-up days, holidays, weekends."""
        own = self.own.get(day)
        if own is not None:
            return Day(day, DayKind.OWN_WORKDAY if own.working else DayKind.OWN_DAY_OFF, own.name)
        if day in self.official.make_up:
            return Day(day, DayKind.MAKE_UP_WORKDAY)
        if day in self.official.holidays:
            return Day(day, DayKind.HOLIDAY, self.official.holidays[day])
        return Day(day, DayKind.WORKDAY if day.weekday() < 5 else DayKind.WEEKEND)

    def days(self, start: date, end: date) -> Iterator[Day]:
        """The days of `[start, end)`."""
        while start < end:
            yield self.day(start)
            start += DAY

    def working_days(self, start: date, end: date) -> int:
        """How many days of `[start, end)` are worked."""
        return sum(day.working for day in self.days(start, end))

    def after(self, start: date, count: int) -> date | None:
        """The day `count` working days after `start` (before it, where negative).

        With 0 it is `start` itself, or the next day that is worked. None beyond the calendar.
        """
        step = DAY if count >= 0 else -DAY
        day, left = start, abs(count)
        if left == 0:
            left, day = 1, start - DAY
        while left:
            day += step
            if not FIRST <= day <= LAST:
                return None
            left -= self.day(day).working
        return day
