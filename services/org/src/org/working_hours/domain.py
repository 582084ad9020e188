"""Working hours: what is valid, and the departments that they are assigned to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from contracts.org.events import WorkingHoursState
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.records import StoredRecord
from kernel.working_rules import HoursRules
from kernel.working_week import (
    DAY_MINUTES,
    WEEKDAYS,
    OwnWorkingDay,
    Shift,
    WorkingWeek,
)
from org.tenants.domain import is_timezone

MAX_MEASURED_DAYS: Final = 1830  # between two instants; five years take some 50 ms


@dataclass(frozen=True, kw_only=True)
class WorkingHours(HoursRules, StoredRecord):
    """Named working hours of the tenant, and the departments that they are assigned to."""

    name: str
    is_default: bool = False
    department_ids: tuple[UUID, ...] = ()

    def ensure_valid(self) -> None:
        """Raise Invalid with every violation of the time zone, the week and the own days."""
        violations = [
            *timezone_violations(self.timezone),
            *week_violations(self.week),
            *own_day_violations(self.own_days),
        ]
        if violations:
            raise Invalid(violations)

    def ensure_unused(self) -> None:
        """Raise RuleBroken (WORKING_HOURS_IN_USE) for the default and for assigned ones."""
        if self.is_default or self.department_ids:
            raise RuleBroken("WORKING_HOURS_IN_USE", name=self.name)

    def departments_with(self, department_id: UUID) -> tuple[UUID, ...]:
        """Return the departments with one more."""
        return tuple(sorted({*self.department_ids, department_id}))

    def departments_without(self, department_id: UUID) -> tuple[UUID, ...]:
        """Return the departments without this one."""
        return tuple(one for one in self.department_ids if one != department_id)

    def state(self) -> WorkingHoursState:
        """Return the whole state as events carry it."""
        return WorkingHoursState.of(self, working_hours_id=self.id)


def timezone_violations(name: str | None) -> Iterator[Violation]:
    """Yield a violation for a time zone that the IANA database does not have."""
    if name is not None and not is_timezone(name):
        yield Violation("/timezone", "TIMEZONE_UNKNOWN")


def week_violations(week: WorkingWeek) -> Iterator[Violation]:
    """Yield the violations of every weekday, also where a night shift runs into the next day."""
    for weekday in WEEKDAYS:
        pointer = f"/week/{weekday.field}"
        evening = week.on(WEEKDAYS[(WEEKDAYS.index(weekday) - 1) % len(WEEKDAYS)])
        yield from day_violations(pointer, week.on(weekday), evening_before=evening)


def own_day_violations(own_days: Sequence[OwnWorkingDay]) -> Iterator[Violation]:
    """Yield the violations of every own day, and of dates that are listed more than once.

    A night shift of the day before may run into an own day: that time counts once.
    """
    seen: set[date] = set()
    for index, own in enumerate(own_days):
        if own.date in seen:
            params = {"date": own.date.isoformat()}
            yield Violation(f"/own_days/{index}/date", "OWN_DAY_REPEATED", params)
        seen.add(own.date)
        yield from day_violations(f"/own_days/{index}/shifts", own.shifts)


def day_violations(
    pointer: str, shifts: Sequence[Shift], *, evening_before: Sequence[Shift] = ()
) -> Iterator[Violation]:
    """Yield the violations of the shifts of a day.

    `evening_before` are the shifts of the day before, which may end on this day.
    """
    earlier = [(one, one.span.later(-DAY_MINUTES)) for one in evening_before]
    for index, shift in enumerate(shifts):
        at = f"{pointer}/{index}"
        yield from _shift_violations(at, shift)
        overlapped = next((one for one, span in earlier if span.overlaps(shift.span)), None)
        if overlapped is not None:
            times = {"start": overlapped.start, "end": overlapped.end}
            yield Violation(at, "SHIFT_OVERLAPS", times)
        earlier.append((shift, shift.span))
    if sum(shift.span.end - shift.span.start for shift in shifts) > DAY_MINUTES:
        yield Violation(pointer, "DAY_TOO_LONG")


def _shift_violations(at: str, shift: Shift) -> Iterator[Violation]:
    if not shift.working_spans():
        yield Violation(at, "SHIFT_EMPTY")
    spans = shift.break_spans()
    for index, span in enumerate(spans):
        pointer = f"{at}/breaks/{index}"
        if span.start == span.end:
            yield Violation(pointer, "BREAK_EMPTY")
        elif not shift.span.start <= span.start < span.end <= shift.span.end:
            yield Violation(pointer, "BREAK_OUTSIDE_SHIFT")
        for other in range(index):
            if spans[other].overlaps(span):
                times = {"start": shift.breaks[other].start, "end": shift.breaks[other].end}
                yield Violation(pointer, "BREAK_OVERLAPS", times)
                break
