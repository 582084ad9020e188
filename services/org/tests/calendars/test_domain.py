"""The kinds of days. Source: the notice of the State Council on the holidays of 2026."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.records.working_time.official_days import official_calendar
from kernel.business_calendar import FIRST_DAY, LAST_DAY, Calendar, DayKind
from kernel.ids import new_id
from org.calendars.domain import CalendarOverride

CHINA = official_calendar("CN", "zh-CN")
PLAIN = Calendar(CHINA, {})


def own_day(day: date, *, working: bool) -> CalendarOverride:
    at = datetime(2026, 11, 22, 8, tzinfo=UTC)
    return CalendarOverride(id=new_id(), date=day, working=working, name="周年庆", updated_at=at)


@pytest.mark.parametrize(
    ("day", "kind", "name"),
    [
        (date(2026, 9, 30), DayKind.WORKDAY, None),
        (date(2026, 10, 1), DayKind.HOLIDAY, "国庆节"),
        (date(2026, 10, 6), DayKind.HOLIDAY, "休息日（由 2026-09-20 调休）"),
        (date(2026, 9, 20), DayKind.MAKE_UP_WORKDAY, None),  # a Sunday
        (date(2026, 10, 10), DayKind.MAKE_UP_WORKDAY, None),  # a Saturday
        (date(2026, 11, 22), DayKind.WEEKEND, None),
        (date(2026, 2, 14), DayKind.MAKE_UP_WORKDAY, None),
    ],
)
def test_the_days_of_2026_are_as_announced(day: date, kind: DayKind, name: str | None) -> None:
    classified = PLAIN.day(day)
    assert (classified.kind, classified.name) == (kind, name)


def test_holiday_names_are_in_the_callers_language() -> None:
    assert official_calendar("CN", "en").holidays[date(2026, 10, 1)] == "National Day"


def test_the_week_of_the_national_day_has_three_working_days() -> None:
    # 28, 29, 30 September; 1 to 7 October are free; 8, 9 and the make-up Saturday are worked.
    assert PLAIN.working_days(date(2026, 9, 28), date(2026, 10, 5)) == 3
    assert PLAIN.working_days(date(2026, 10, 1), date(2026, 10, 12)) == 3
    assert PLAIN.add_working_days(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert PLAIN.add_working_days(date(2026, 9, 30), 3) == date(2026, 10, 10)
    assert PLAIN.add_working_days(date(2026, 10, 3), 0) == date(2026, 10, 8)
    assert PLAIN.add_working_days(date(2026, 10, 8), -1) == date(2026, 9, 30)


def test_overrides_come_before_the_official_calendar() -> None:
    day_off = own_day(date(2026, 11, 23), working=False)
    working_day = own_day(date(2026, 10, 1), working=True)
    calendar = Calendar(CHINA, {day_off.date: day_off, working_day.date: working_day})
    assert calendar.day(day_off.date).kind is DayKind.OWN_DAY_OFF
    assert calendar.day(working_day.date).working
    assert calendar.add_working_days(date(2026, 11, 20), 1) == date(2026, 11, 24)


def test_there_is_no_working_day_beyond_the_calendar() -> None:
    assert PLAIN.add_working_days(LAST_DAY, 1) is None
    assert PLAIN.add_working_days(FIRST_DAY, -1) is None


def test_an_unknown_country_has_weekends_only() -> None:
    calendar = Calendar(official_calendar("XX", "en"), {})
    assert calendar.working_days(date(2026, 11, 16), date(2026, 11, 23)) == 5


@given(st.dates(date(2015, 1, 1), date(2035, 12, 31)), st.integers(1, 300))
def test_adding_and_counting_working_days_agree(start: date, count: int) -> None:
    reached = PLAIN.add_working_days(start, count)
    assert reached is not None
    assert PLAIN.day(reached).working
    assert PLAIN.working_days(start, reached) == count - PLAIN.day(reached).working + (
        PLAIN.day(start).working
    )
