"""Monthly capacities, spread over days without rounding loss."""

from datetime import date, timedelta
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parties.capacity import MonthlyCapacity

DAYS = st.integers(0, 1460).map(lambda n: date(2024, 1, 1) + timedelta(days=n))
ABSENCES = st.lists(DAYS, max_size=15).map(frozenset)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def given_in(capacity: MonthlyCapacity, month: list[date], absent: frozenset[date]) -> int:
    """What somebody gets in a month who takes every record that they may."""
    got = 0
    for day in month:
        got += capacity.room(day, got, absent)
    return got


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2026, 3, 31)),
        (date(2026, 11, 1), date(2026, 11, 30)),
        (date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_fourteen_a_month_are_fourteen_in_months_of_every_length(first: date, last: date) -> None:
    capacity = MonthlyCapacity(count=14, first_day=first)
    assert given_in(capacity, days(first, last), frozenset()) == 14
    a_day = [capacity.allowed(day) for day in days(first, last)]
    steps = [after - before for before, after in zip([0, *a_day], a_day, strict=False)]
    assert set(steps) == {0, 1}


def test_who_joins_on_the_20th_gets_a_part_and_carries_the_fraction() -> None:
    """12 of 31 days: 14 x 12/31 = 5.42; with the 14 of February 19.42, of March 33.42."""
    capacity = MonthlyCapacity(count=14, first_day=date(2026, 1, 20))
    assert given_in(capacity, days(date(2026, 1, 20), date(2026, 1, 31)), frozenset()) == 5
    assert given_in(capacity, days(date(2026, 2, 1), date(2026, 2, 28)), frozenset()) == 14
    assert given_in(capacity, days(date(2026, 3, 1), date(2026, 3, 31)), frozenset()) == 14


def test_leaves_cut_off_their_exact_share() -> None:
    """11 of 31 days free: 14 x 20/31 = 9.03; 14 of 28: 7; 16 of 31: 14 x 15/31 = 6.77."""
    leave = frozenset(
        [
            *days(date(2026, 1, 21), date(2026, 1, 31)),
            *days(date(2026, 2, 15), date(2026, 2, 28)),
            *days(date(2026, 3, 1), date(2026, 3, 16)),
        ]
    )
    capacity = MonthlyCapacity(count=14, first_day=date(2026, 1, 1))
    january = given_in(capacity, days(date(2026, 1, 1), date(2026, 1, 31)), leave)
    february = given_in(capacity, days(date(2026, 2, 1), date(2026, 2, 28)), leave)
    march = given_in(capacity, days(date(2026, 3, 1), date(2026, 3, 31)), leave)
    assert (january, february, march) == (9, 7, 6)
    earned = capacity.earned(date(2026, 3, 31), leave)
    assert earned == Fraction(14 * 20, 31) + 7 + Fraction(14 * 15, 31)
    assert january + february + march == floor(earned) == 22


def test_what_a_month_left_over_is_not_carried() -> None:
    capacity = MonthlyCapacity(count=14, first_day=date(2026, 1, 1))
    assert capacity.room(date(2026, 2, 1), 0) == 0
    assert capacity.room(date(2026, 2, 28), 0) == 14
    assert capacity.room(date(2026, 2, 28), 20) == 0


@given(
    count=st.integers(0, 500),
    first=DAYS,
    months=st.integers(1, 4),
    absent=ABSENCES,
)
def test_no_fraction_is_ever_lost(
    count: int, first: date, months: int, absent: frozenset[date]
) -> None:
    """All months together give the whole number of what all days earned."""
    capacity = MonthlyCapacity(count=count, first_day=first)
    total, start = 0, first
    for _ in range(months):
        last = (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        total += given_in(capacity, days(start, last), absent)
        start = last + timedelta(days=1)
    assert total == floor(capacity.earned(start - timedelta(days=1), absent))


@given(count=st.integers(0, 500), first=DAYS, absent=ABSENCES)
def test_what_may_be_given_never_falls_within_a_month(
    count: int, first: date, absent: frozenset[date]
) -> None:
    capacity = MonthlyCapacity(count=count, first_day=first)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    allowed = [capacity.allowed(day, absent) for day in days(first, last)]
    assert allowed == sorted(allowed)
    assert all(one >= 0 for one in allowed)
