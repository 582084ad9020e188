"""The calendar of days: why a day is worked or free, and how many working days lie between two."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Protocol, TypeVar
from uuid import UUID

ONE_DAY: Final = timedelta(days=1)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


class DayKind(StrEnum):
    """Why a day is worked or free."""

    WORKDAY = "WORKDAY"
    WEEKEND = "WEEKEND"
    HOLIDAY = "HOLIDAY"  # a public holiday, or a day off exchanged for a make-up workday
    MAKE_UP_WORKDAY = (
        "MAKE_UP_WORKDAY"  # a weekend day worked in exchange for a longer holiday (调休)
    )
    OWN_WORKDAY = "OWN_WORKDAY"  # set by the tenant, or for a department
    OWN_DAY_OFF = "OWN_DAY_OFF"  # set by the tenant, or for a department


WORKING_KINDS: Final = frozenset({DayKind.WORKDAY, DayKind.MAKE_UP_WORKDAY, DayKind.OWN_WORKDAY})


class DeclaredDay(Protocol):
    """A day that is declared worked or free, whatever the official calendar says.

    It holds for a department and those below it, or without one for the whole tenant.
    """

    @property
    def date(self) -> date: ...
    @property
    def working(self) -> bool: ...
    @property
    def name(self) -> str: ...
    @property
    def department_id(self) -> UUID | None: ...


D = TypeVar("D", bound=DeclaredDay)


def nearest_days(days: Iterable[D], line: Sequence[UUID] = ()) -> dict[date, D]:
    """Return the days that hold for the first department in `line`, which leads up to the root.

    The day of the nearest department wins, then that of the whole tenant; those of other
    departments do not count.
    """
    places: dict[UUID | None, int] = {one: at for at, one in enumerate(line)}
    places[None] = len(line)
    found: dict[date, D] = {}
    for one in days:
        place = places.get(one.department_id)
        if place is None:
            continue
        known = found.get(one.date)
        if known is None or place < places[known.department_id]:
            found[one.date] = one
    return found


@dataclass(frozen=True)
class OfficialCalendar:
    """A country's public holidays with their names, and its weekend days that are worked.

    Make-up workdays are announced up to `until`; later years hold fixed holidays only.
    """

    holidays: Mapping[date, str]
    make_up: frozenset[date]
    until: date


@dataclass(frozen=True)
class CalendarDay:
    """A day, its kind, and the name of the holiday or own day, if it has one."""

    date: date
    kind: DayKind
    name: str | None = None

    @property
    def working(self) -> bool:
        """Whether the day is worked."""
        return self.kind in WORKING_KINDS


@dataclass(frozen=True)
class Calendar:
    """The official calendar of a country with the own days of a tenant or department."""

    official: OfficialCalendar
    own_days: Mapping[date, DeclaredDay]

    def day(self, day: date) -> CalendarDay:
        """Classify a day: own days come first, then make-up workdays, holidays and weekends."""
        own = self.own_days.get(day)
        if own is not None:
            kind = DayKind.OWN_WORKDAY if own.working else DayKind.OWN_DAY_OFF
            return CalendarDay(day, kind, own.name)
        if day in self.official.make_up:
            return CalendarDay(day, DayKind.MAKE_UP_WORKDAY)
        if day in self.official.holidays:
            return CalendarDay(day, DayKind.HOLIDAY, self.official.holidays[day])
        return CalendarDay(day, DayKind.WORKDAY if day.weekday() < 5 else DayKind.WEEKEND)

    def days(self, start: date, end: date) -> Iterator[CalendarDay]:
        """Classify every day of `[start, end)`."""
        while start < end:
            yield self.day(start)
            start += ONE_DAY

    def working_days(self, start: date, end: date) -> int:
        """Count the working days of `[start, end)`."""
        return sum(day.working for day in self.days(start, end))

    def add_working_days(self, start: date, count: int) -> date | None:
        """Return the day that is `count` working days after `start`, or before it if negative.

        For 0 it is `start` itself or the next working day. None if it lies outside the calendar.
        """
        step = ONE_DAY if count >= 0 else -ONE_DAY
        day, remaining = start, abs(count)
        if remaining == 0:
            remaining, day = 1, start - ONE_DAY
        while remaining:
            day += step
            if not FIRST_DAY <= day <= LAST_DAY:
                return None
            remaining -= self.day(day).working
        return day
