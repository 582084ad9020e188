"""The business calendar: the kind of each day, and counting working days."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from contracts.org.events import CalendarDayState

ONE_DAY = timedelta(days=1)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
MAX_WORKING_DAYS = 1000  # the most that can be added to a day at once


class DayKind(StrEnum):
    """Why a day is worked or free."""

    WORKDAY = "WORKDAY"
    WEEKEND = "WEEKEND"
    HOLIDAY = "HOLIDAY"  # a public holiday, or a day off exchanged for a make-up workday
    MAKE_UP_WORKDAY = (
        "MAKE_UP_WORKDAY"  # a weekend day worked in exchange for a longer holiday (调休)
    )
    OWN_WORKDAY = "OWN_WORKDAY"  # set by the tenant
    OWN_DAY_OFF = "OWN_DAY_OFF"  # set by the tenant


WORKING_KINDS = frozenset({DayKind.WORKDAY, DayKind.MAKE_UP_WORKDAY, DayKind.OWN_WORKDAY})


@dataclass(frozen=True, kw_only=True)
class CalendarOverride:
    """A day that the tenant declares worked or free, whatever the official calendar says."""

    id: UUID
    date: date
    working: bool
    name: str
    updated_at: datetime
    version: int = 1

    def state(self) -> CalendarDayState:
        """Return the whole state as events carry it."""
        return CalendarDayState.of(self, calendar_day_id=self.id)


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
    """A day, its kind, and the name of the holiday or override, if it has one."""

    date: date
    kind: DayKind
    name: str | None = None

    @property
    def working(self) -> bool:
        """Whether the day is worked."""
        return self.kind in WORKING_KINDS


@dataclass(frozen=True)
class Calendar:
    """The official calendar of a country with the overrides of a tenant."""

    official: OfficialCalendar
    overrides: Mapping[date, CalendarOverride]

    def day(self, day: date) -> CalendarDay:
        """Classify a day: overrides come first, then make-up workdays, holidays and weekends."""
        override = self.overrides.get(day)
        if override is not None:
            return CalendarDay(
                day,
                DayKind.OWN_WORKDAY if override.working else DayKind.OWN_DAY_OFF,
                override.name,
            )
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
