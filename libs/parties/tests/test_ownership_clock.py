"""When a record falls back from its owner, and when they are reminded before."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kernel.working_clock import DayReason, WorkingClock
from kernel.working_week import OFFICE_WEEK, OwnWorkingDay
from parties.ownership_clock import (
    FallBackReason,
    Ownership,
    Period,
    RetentionRule,
    TimeUnit,
    barred_until,
    fall_back,
)

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
NATIONAL_DAY: Mapping[date, DayReason] = {
    **{date(2026, 10, day): DayReason.HOLIDAY for day in range(1, 8)},
    date(2026, 10, 10): DayReason.MAKE_UP_WORKDAY,
}


def clock(zone: ZoneInfo = SHANGHAI, **more: Any) -> WorkingClock:
    return WorkingClock(zone=zone, week=OFFICE_WEEK, special_day=NATIONAL_DAY.get, **more)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """An instant of 2026: `01-05 10:00` in local time."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone)


def days(count: int) -> Period:
    return Period(count, TimeUnit.DAYS)


SEVEN_DAYS = RetentionRule(next_follow_up=days(7), reminders=(days(6),), barred_days=3)


def test_seven_days_without_a_follow_up() -> None:
    """A reminder on 01-11 at 10:00, and back on 01-12 at 10:00."""
    falls = fall_back(SEVEN_DAYS, Ownership(at("01-01 10:00"), at("01-05 10:00")), clock())
    assert falls is not None
    assert falls.at == at("01-12 10:00")
    assert falls.reason is FallBackReason.NO_FOLLOW_UP
    assert falls.counted_from == at("01-05 10:00")
    assert falls.reminders == (at("01-11 10:00"),)
    assert barred_until(SEVEN_DAYS, falls.at, clock()) == at("01-15 10:00")


def test_without_a_follow_up_the_clock_runs_from_the_start_of_the_ownership() -> None:
    falls = fall_back(SEVEN_DAYS, Ownership(at("01-01 10:00")), clock())
    assert falls is not None
    assert (falls.at, falls.reason) == (at("01-08 10:00"), FallBackReason.NO_FIRST_FOLLOW_UP)


def test_the_earliest_deadline_counts_with_the_ladder_before_it() -> None:
    rule = RetentionRule(
        first_follow_up=Period(4, TimeUnit.WORKING_HOURS),
        next_follow_up=days(10),
        conversion=days(12),
        reminders=(days(3), days(5), days(7), days(40)),
    )
    fresh = fall_back(rule, Ownership(at("09-30 16:00")), clock())
    assert fresh is not None
    # Two hours on the last day before the holidays, two on the first one after them, a Thursday.
    assert (fresh.at, fresh.reason) == (at("10-08 11:00"), FallBackReason.NO_FIRST_FOLLOW_UP)
    assert fresh.reminders == (at("10-03 16:00"), at("10-05 16:00"), at("10-07 16:00"))
    worked = fall_back(rule, Ownership(at("01-01 10:00"), at("01-04 10:00")), clock())
    assert worked is not None
    assert (worked.at, worked.reason) == (at("01-13 10:00"), FallBackReason.NOT_CONVERTED)
    assert worked.reminders == (at("01-04 10:00"), at("01-06 10:00"), at("01-08 10:00"))


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (days(1), "01-31 23:30", "02-01 23:30"),
        (days(28), "01-31 10:00", "02-28 10:00"),
        (Period(48, TimeUnit.HOURS), "10-01 10:00", "10-03 10:00"),
        (Period(1, TimeUnit.WORKING_DAYS), "09-30 10:00", "10-08 10:00"),
        (Period(3, TimeUnit.WORKING_DAYS), "09-30 10:00", "10-10 10:00"),  # a Saturday, worked
        (Period(1, TimeUnit.WORKING_DAYS), "11-20 10:00", "11-23 10:00"),  # Friday to Monday
        (Period(1, TimeUnit.WORKING_DAYS), "11-21 09:00", "11-24 00:00"),  # from Monday's midnight
        (Period(0, TimeUnit.WORKING_DAYS), "11-21 09:00", "11-23 00:00"),
        (Period(8, TimeUnit.WORKING_HOURS), "09-30 09:00", "09-30 18:00"),
        (days(0), "10-01 10:00", "10-01 10:00"),
    ],
)
def test_periods_over_month_ends_and_holidays(period: Period, start: str, end: str) -> None:
    assert period.after(at(start), clock()) == at(end)


def test_days_of_leave_are_no_working_days_of_their_owner() -> None:
    away = clock(own_days=(OwnWorkingDay(date(2026, 11, 24)), OwnWorkingDay(date(2026, 11, 25))))
    start = at("11-23 10:00")  # a Monday
    assert Period(2, TimeUnit.WORKING_DAYS).after(start, away) == at("11-27 10:00")
    assert Period(8, TimeUnit.WORKING_HOURS).after(start, away) == at("11-26 10:00")
    assert days(2).after(start, away) == at("11-25 10:00")


def test_a_day_is_the_same_time_of_the_next_day_when_the_clocks_change() -> None:
    """New York set its clocks forward on 8 March 2026, from 02:00 to 03:00."""
    new_york = clock(NEW_YORK)
    start = at("03-07 10:00", NEW_YORK)
    assert days(1).after(start, new_york) == at("03-08 10:00", NEW_YORK)
    assert days(1).after(start, new_york) == start.astimezone(UTC) + timedelta(hours=23)
    hours = Period(24, TimeUnit.HOURS).after(start, new_york)
    assert hours == at("03-08 11:00", NEW_YORK)


def test_a_rule_without_periods_lets_nobody_lose_a_record() -> None:
    assert fall_back(RetentionRule(), Ownership(at("01-01 10:00")), clock()) is None
    assert barred_until(RetentionRule(), at("01-01 10:00"), clock()) is None


INSTANTS = st.timedeltas(timedelta(), timedelta(days=330)).map(lambda one: at("01-01 00:00") + one)
PERIODS = st.builds(Period, st.integers(0, 40), st.sampled_from(TimeUnit))


@example(  # a Friday and the Saturday after it
    Period(1, TimeUnit.WORKING_DAYS), at("11-20 10:00"), timedelta(hours=23)
)
@given(PERIODS, INSTANTS, st.timedeltas(timedelta(), timedelta(days=20)))
def test_who_starts_later_ends_no_earlier(
    period: Period, start: datetime, later: timedelta
) -> None:
    first, second = period.after(start, clock()), period.after(start + later, clock())
    assert first is not None
    assert second is not None
    assert start <= first <= second


@given(INSTANTS, st.timedeltas(timedelta(), timedelta(days=20)))
def test_a_follow_up_never_brings_the_deadline_forward(start: datetime, wait: timedelta) -> None:
    before = fall_back(SEVEN_DAYS, Ownership(start), clock())
    after = fall_back(SEVEN_DAYS, Ownership(start, start + wait), clock())
    assert before is not None
    assert after is not None
    assert after.at >= before.at
    assert all(one < after.at for one in after.reminders)
