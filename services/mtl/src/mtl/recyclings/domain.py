"""Counts which leads would fall back soon, and how long their owners have left."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class FallBackCounts:
    """How many leads are due already, and how many more are so within some days."""

    at_once: int = 0
    within_days: int = 0

    def with_lead(
        self, falls_back_at: datetime | None, *, now: datetime, days: int
    ) -> "FallBackCounts":
        """Return the counts with another lead; one that never falls back does not count."""
        if falls_back_at is None or falls_back_at > now + timedelta(days=days):
            return self
        if falls_back_at <= now:
            return FallBackCounts(self.at_once + 1, self.within_days)
        return FallBackCounts(self.at_once, self.within_days + 1)


def days_left(until: datetime, *, now: datetime, zone: ZoneInfo) -> int:
    """Return the days of the calendar until an instant; 0 on its day, and when it has passed."""
    left = until.astimezone(zone).date() - now.astimezone(zone).date()
    return max(left.days, 0)
