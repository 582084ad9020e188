"""How many records a person may get by a day, when so many a month are meant to be spread evenly.

Each day on which somebody works earns its share of the month: 14 a month are 14/28 on a day of
February and 14/31 on one of March. Shares are exact fractions, and what is left of one after the
last day of a month is carried into the next. So every whole month gives exactly its number, and
what a leave or a first month cuts off is lost to no rounding. What nobody used up by the end of a
month is not carried: a person who got no records is not flooded later.
"""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import floor

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class MonthlyCapacity:
    """So many records a month, from the first day of a person on."""

    count: int
    first_day: date

    def share_of(self, day: date) -> Fraction:
        """Return what one day earns: its part of the days of its month."""
        return Fraction(self.count, monthrange(day.year, day.month)[1])

    def earned(self, until: date, absent: Collection[date] = ()) -> Fraction:
        """Return what all days from the first one to `until`, both included, have earned.

        Days in `absent` earn nothing.
        """
        total, day = Fraction(0), self.first_day
        while day <= until:
            last = min(_last_of_month(day), until)
            missed = sum(1 for one in absent if day <= one <= last)
            total += self.share_of(day) * ((last - day).days + 1 - missed)
            day = last + ONE_DAY
        return total

    def allowed(self, day: date, absent: Collection[date] = ()) -> int:
        """Return how many records of this month a person may have got by the end of a day."""
        before_month = self.earned(day.replace(day=1) - ONE_DAY, absent)
        return floor(self.earned(day, absent)) - floor(before_month)

    def room(self, day: date, given: int, absent: Collection[date] = ()) -> int:
        """Return how many more records a person may get today, after those given this month."""
        return max(self.allowed(day, absent) - given, 0)


def _last_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
