"""Which working hours apply to a department, and the clock that measures by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.business_calendar import Calendar, DayKind
from kernel.working_clock import DayReason, WorkingClock, by_weekday
from kernel.working_week import OFFICE_WEEK, OwnWorkingDay, Weekday, WorkingWeek


class HoursSource(StrEnum):
    """Where the working hours of a department come from."""

    DEPARTMENT = "DEPARTMENT"
    ANCESTOR = "ANCESTOR"
    TENANT_DEFAULT = "TENANT_DEFAULT"
    BUILT_IN = "BUILT_IN"


@dataclass(frozen=True, kw_only=True)
class HoursRules:
    """What time is measured by; without a `timezone` clock times are those of the tenant's."""

    timezone: str | None = None
    week: WorkingWeek
    own_days: tuple[OwnWorkingDay, ...] = ()
    follows_calendar: bool = True
    make_up_weekday: Weekday = Weekday.MONDAY

    def clock(self, *, tenant_timezone: str, calendar: Calendar) -> WorkingClock:
        """Return the clock that measures working time by these rules."""
        return WorkingClock(
            zone=ZoneInfo(self.timezone or tenant_timezone),
            week=self.week,
            own_days=self.own_days,
            special_day=special_day_of(calendar) if self.follows_calendar else by_weekday,
            make_up_weekday=self.make_up_weekday,
        )


# The hours of departments for which neither they nor the tenant have any.
BUILT_IN_HOURS: Final = HoursRules(week=OFFICE_WEEK)


@dataclass(frozen=True)
class HoursChoice:
    """Which hours apply to a department, and the department above that they come from.

    Without an `hours_id` the built-in ones apply.
    """

    source: HoursSource
    hours_id: UUID | None = None
    department_id: UUID | None = None


def choose_hours(
    line: Sequence[UUID], assigned: Mapping[UUID, UUID], default_id: UUID | None
) -> HoursChoice:
    """Choose the hours of the first department in `line`, which leads up to the root.

    `assigned` holds the hours of departments. The nearest assignment wins, else the tenant's
    default, else the built-in hours.
    """
    for department_id in line:
        if department_id in assigned:
            is_own = department_id == line[0]
            source = HoursSource.DEPARTMENT if is_own else HoursSource.ANCESTOR
            return HoursChoice(source, assigned[department_id], department_id)
    if default_id is not None:
        return HoursChoice(HoursSource.TENANT_DEFAULT, default_id)
    return HoursChoice(HoursSource.BUILT_IN)


_REASONS = {
    DayKind.HOLIDAY: DayReason.HOLIDAY,
    DayKind.OWN_DAY_OFF: DayReason.HOLIDAY,
    DayKind.MAKE_UP_WORKDAY: DayReason.MAKE_UP_WORKDAY,
}


def special_day_of(calendar: Calendar) -> Callable[[date], DayReason | None]:
    """Return why a date of a calendar is special; None for all others.

    A weekend day that is declared worked is a make-up workday; on another day of the week the
    declaration only cancels a holiday.
    """

    def reason(day: date) -> DayReason | None:
        kind = calendar.day(day).kind
        if kind is DayKind.OWN_WORKDAY:
            return DayReason.MAKE_UP_WORKDAY if day.weekday() >= 5 else None
        return _REASONS.get(kind)

    return reason
