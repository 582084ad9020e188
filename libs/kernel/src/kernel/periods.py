"""Periods of business days, half-open so that they join without gaps; and recurring dates."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import count
from typing import ClassVar

from pydantic import ConfigDict
from pydantic_core import PydanticCustomError


@dataclass(frozen=True, slots=True)
class Period:
    """Business days from `start` up to but without `end`; without an end the period is open."""

    # An end that is not after the start raises a ValueError (in JSON: error type `period_empty`).
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise PydanticCustomError("period_empty", "The end should be after the start")

    @property
    def is_open(self) -> bool:
        return self.end is None

    def contains(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    def overlaps(self, other: Period) -> bool:
        """Whether both periods share a day; periods that only touch do not overlap."""
        return self.intersection(other) is not None

    def intersection(self, other: Period) -> Period | None:
        """The period of the days in both periods, or None if they share none."""
        start = max(self.start, other.start)
        end = min(
            (candidate for candidate in (self.end, other.end) if candidate is not None),
            default=None,
        )
        return Period(start, end) if end is None or start < end else None

    def split_at(self, day: date) -> tuple[Period, Period]:
        """Split into the period before the day and the period that begins with it.

        Raises ValueError unless both have at least one day.
        """
        if day == self.start or not self.contains(day):
            raise ValueError(f"{day} does not lie within {self}")
        return Period(self.start, day), Period(day, self.end)

    def __str__(self) -> str:
        return f"[{self.start}, {self.end or 'open'})"


class RecurrenceUnit(StrEnum):
    """The unit in which a date recurs."""

    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True)
class AnchoredRecurrence:
    """A date that recurs every so many weeks, months or years and keeps the day of its anchor.

    Monthly from 31 January: 28 February, 31 March. Every date is counted from the anchor, never
    from the date before it, so dates do not drift. A quarter is `Step.MONTHLY, every=3`. Raises
    ValueError if every < 1.
    """

    anchor: date
    step: RecurrenceUnit
    every: int = 1

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"a recurrence needs every >= 1, not {self.every}")

    def nth(self, n: int) -> date:
        """The date n steps after the anchor (0 is the anchor, negative ones are before it).

        Raises ValueError or OverflowError outside the years 1 to 9999.
        """
        steps = n * self.every
        if self.step is RecurrenceUnit.WEEKLY:
            return self.anchor + timedelta(weeks=steps)
        return add_months(self.anchor, steps * (12 if self.step is RecurrenceUnit.YEARLY else 1))

    def __iter__(self) -> Iterator[date]:
        """All dates from the anchor on, without end; the caller must stop."""
        return (self.nth(n) for n in count())

    def periods(self, n: int) -> list[Period]:
        """The first n periods, each from one date to the next."""
        return [Period(self.nth(step), self.nth(step + 1)) for step in range(n)]


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or the last day of a month that has no such day.

    Adding one month twice is not always adding two months, so count from an anchor date. Raises
    ValueError outside the years 1 to 9999.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
