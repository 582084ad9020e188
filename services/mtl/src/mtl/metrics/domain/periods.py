"""Business days of a metric, as instants: the period, its steps, and the ages of leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from kernel.errors import Invalid, Violation
from kernel.working_clock import local_instant

MAX_DAYS: Final = 400
ONE_DAY: Final = timedelta(days=1)


class MetricStep(StrEnum):
    """How long each part of a period is; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class AgeBand(StrEnum):
    """How many days of the tenant's calendar ago a lead was created."""

    UP_TO_3 = "UP_TO_3"
    UP_TO_7 = "UP_TO_7"
    UP_TO_30 = "UP_TO_30"
    UP_TO_90 = "UP_TO_90"
    OVER_90 = "OVER_90"


# The age at which each band begins, in days.
BAND_STARTS: Final = {
    AgeBand.UP_TO_3: 0,
    AgeBand.UP_TO_7: 4,
    AgeBand.UP_TO_30: 8,
    AgeBand.UP_TO_90: 31,
    AgeBand.OVER_90: 91,
}


@dataclass(frozen=True)
class MetricPeriod:
    """The business days from `first` to `last`, both included, in an IANA time zone."""

    first: date
    last: date
    timezone: str

    @property
    def start(self) -> datetime:
        """The instant at which the first day begins."""
        return start_of(self.first, self.timezone)

    @property
    def end(self) -> datetime:
        """The instant at which the day after the last one begins."""
        return start_of(self.last + ONE_DAY, self.timezone)

    def parts(self, step: MetricStep) -> Sequence[MetricPeriod]:
        """Return the days, weeks or months of the period; the outer ones may be incomplete."""
        starts = [self.first]
        while (following := _next_start(starts[-1], step)) <= self.last:
            starts.append(following)
        ends = [*starts[1:], self.last + ONE_DAY]
        return [
            MetricPeriod(start, end - ONE_DAY, self.timezone)
            for start, end in zip(starts, ends, strict=True)
        ]


def period_of(first: date, last: date, timezone: str) -> MetricPeriod:
    """Return the period of these days. Raises Invalid (END_BEFORE_START, PERIOD_TOO_LONG)."""
    if last < first:
        raise Invalid([Violation("?to", "END_BEFORE_START")])
    if (last - first).days >= MAX_DAYS:
        raise Invalid([Violation("?to", "PERIOD_TOO_LONG", {"days": MAX_DAYS})])
    return MetricPeriod(first, last, timezone)


def start_of(day: date, timezone: str) -> datetime:
    """Return the instant at which a day begins in an IANA time zone."""
    return local_instant(day, 0, ZoneInfo(timezone))


def band_limits(today: date, timezone: str) -> dict[AgeBand, tuple[datetime | None, datetime]]:
    """Return the instants of creation `[from, before)` of each band; the last has no beginning."""
    bands = list(BAND_STARTS)
    # The youngest leads of a band were created on the day that is `BAND_STARTS` days ago.
    ends = [start_of(today - (start - 1) * ONE_DAY, timezone) for start in BAND_STARTS.values()]
    begins: list[datetime | None] = [older for _, older in pairwise(ends)]
    return dict(zip(bands, zip([*begins, None], ends, strict=True), strict=True))


def months_before(day: date, months: int) -> date:
    """Return the first day of the month that is this many months before the month of a day."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def _next_start(day: date, step: MetricStep) -> date:
    if step is MetricStep.DAY:
        return day + ONE_DAY
    if step is MetricStep.WEEK:
        return day + (7 - day.weekday()) * ONE_DAY
    return months_before(day, -1)
