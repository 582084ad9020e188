"""Working hours as people set them: shifts on every weekday, with breaks, and days of their own.

A break is written either as a gap between two shifts, or inside a shift: nobody works in a gap, and
people are at their post but do not work in a break of a shift. Both count alike: working time is
that of the shifts without their breaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

DAY_MINUTES: Final = 24 * 60
# The start of a shift or break, and its end, which may also be the end of the day.
CLOCK_TIME_PATTERN: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
CLOCK_END_PATTERN: Final = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


class Weekday(StrEnum):
    """A day of the week, in the order of ISO 8601."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"

    @classmethod
    def of(cls, day: date) -> Weekday:
        """The weekday of a date."""
        return WEEKDAYS[day.weekday()]

    @property
    def field(self) -> str:
        """The field of a working week that holds its shifts: `monday`."""
        return self.value.lower()


WEEKDAYS: Final = tuple(Weekday)


class MinuteSpan(NamedTuple):
    """Minutes counted from the midnight with which the day of the shift begins, `[start, end)`.

    Those after 1440 lie in the next day.
    """

    start: int
    end: int

    def overlaps(self, other: MinuteSpan) -> bool:
        """Whether both spans share a minute; spans that only touch do not."""
        return max(self.start, other.start) < min(self.end, other.end)

    def later(self, minutes: int) -> MinuteSpan:
        """The same span so many minutes later."""
        return MinuteSpan(self.start + minutes, self.end + minutes)


@dataclass(frozen=True, slots=True)
class ShiftBreak:
    """A break in a shift, in local time: `12:00` to `13:00`."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift in local time, `09:00` to `18:00`, with its breaks.

    One that ends before it starts ends on the next day: `22:00` to `06:00`. It belongs to the day
    on which it starts. `24:00` is the end of the day. So no shift is longer than a day.
    """

    start: str
    end: str
    breaks: tuple[ShiftBreak, ...] = ()

    @property
    def span(self) -> MinuteSpan:
        """The whole shift with its breaks; empty if it ends when it starts."""
        start, end = _minutes(self.start), _minutes(self.end)
        return MinuteSpan(start, end + DAY_MINUTES if end < start else end)

    def break_spans(self) -> tuple[MinuteSpan, ...]:
        """The breaks; one that starts earlier in the day than the shift is on the next day."""
        return tuple(self._break_span(one) for one in self.breaks)

    def _break_span(self, one: ShiftBreak) -> MinuteSpan:
        start, end = _minutes(one.start), _minutes(one.end)
        length = (end - start) % DAY_MINUTES
        if start < self.span.start:
            start += DAY_MINUTES
        return MinuteSpan(start, start + length)

    def working_spans(self) -> tuple[MinuteSpan, ...]:
        """The shift without its breaks, in order."""
        return _working_spans(self)


@dataclass(frozen=True, slots=True)
class WorkingWeek:
    """The shifts of every weekday; a weekday without shifts is free."""

    monday: tuple[Shift, ...] = ()
    tuesday: tuple[Shift, ...] = ()
    wednesday: tuple[Shift, ...] = ()
    thursday: tuple[Shift, ...] = ()
    friday: tuple[Shift, ...] = ()
    saturday: tuple[Shift, ...] = ()
    sunday: tuple[Shift, ...] = ()

    def on(self, weekday: Weekday) -> tuple[Shift, ...]:
        """The shifts of a weekday."""
        shifts: tuple[Shift, ...] = getattr(self, weekday.field)
        return shifts


@dataclass(frozen=True)  # with slots, pydantic would take the field `date` for its type
class OwnWorkingDay:
    """A date with shifts of its own, whatever its weekday and the holidays say.

    Without shifts it is closed.
    """

    date: date
    shifts: tuple[Shift, ...] = ()
    name: str | None = None


def _minutes(clock_time: str) -> int:
    hours, minutes = clock_time.split(":")
    return int(hours) * 60 + int(minutes)


@lru_cache(maxsize=1024)  # a year of deadlines reads the same few shifts every day
def _working_spans(shift: Shift) -> tuple[MinuteSpan, ...]:
    start, end = shift.span
    spans = []
    for pause in sorted(shift.break_spans()):
        if start < min(pause.start, end):
            spans.append(MinuteSpan(start, min(pause.start, end)))
        start = max(start, pause.end)
    return (*spans, MinuteSpan(start, end)) if start < end else tuple(spans)


_OFFICE_DAY = (Shift("09:00", "18:00", (ShiftBreak("12:00", "13:00"),)),)
OFFICE_WEEK: Final = WorkingWeek(*[_OFFICE_DAY] * 5)
