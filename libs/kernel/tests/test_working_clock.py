from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kernel.working_clock import DayReason, WorkingClock, local_instant
from kernel.working_week import (
    OFFICE_WEEK,
    OwnWorkingDay,
    Shift,
    ShiftBreak,
    Weekday,
    WorkingWeek,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NIGHT = Shift("22:00", "06:00", (ShiftBreak("02:00", "02:30"),))
NIGHTS = WorkingWeek(*[(NIGHT,)] * 5)
ROUND_THE_CLOCK = WorkingWeek(*[(Shift("00:00", "24:00"),)] * 7)


def clock(week: WorkingWeek = OFFICE_WEEK, zone: ZoneInfo = SHANGHAI, **more: Any) -> WorkingClock:
    return WorkingClock(zone=zone, week=week, **more)


def special(days: Mapping[date, DayReason]) -> Any:
    return days.get


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """An instant of November 2026, `23 09:00`, or of any day, `2026-03-29 09:00`, in local time."""
    text = text if len(text) > 10 else f"2026-11-{text}"
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


# 23 November 2026 is a Monday.


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("23 09:00", "23 18:00", 8),
        ("23 11:30", "23 13:30", 1),  # half an hour before lunch and half an hour after
        ("23 12:10", "23 12:50", 0),  # lunch
        ("23 08:00", "23 09:00", 0),
        ("23 17:00", "24 10:00", 2),  # an hour on Monday, an hour on Tuesday
        ("23 00:00", "30 00:00", 40),
        ("27 18:00", "30 09:00", 0),  # the weekend
        ("23 10:00", "23 10:00", 0),
    ],
)
def test_working_time_between_two_instants(start: str, end: str, expected: float) -> None:
    assert clock().elapsed(at(start), at(end)) == hours(expected)


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        ("23 09:00", 4, "23 14:00"),  # over lunch
        ("23 11:30", 0.5, "23 12:00"),  # until lunch, not after it
        ("23 11:30", 1, "23 13:30"),
        ("23 09:00", 8, "23 18:00"),  # until the end of the day, not the next morning
        ("23 17:00", 2, "24 10:00"),
        ("23 12:15", 1, "23 14:00"),  # received during lunch
        ("28 10:00", 1, "30 10:00"),  # on Saturday: begins on Monday
        ("27 17:30", 9, "2026-12-01 09:30"),  # half an hour on Friday, eight hours on Monday
        ("28 10:00", 0, "28 10:00"),  # no duration is over at once, also on Saturday
        ("23 09:00", 40, "27 18:00"),
    ],
)
def test_the_deadline_after_a_working_duration(start: str, duration: float, expected: str) -> None:
    assert clock().deadline(at(start), hours(duration)) == at(expected)


def test_an_instant_is_in_working_time_from_the_start_until_before_the_end() -> None:
    office = clock()
    assert office.is_open(at("23 09:00"))
    assert office.is_open(at("23 11:59"))
    assert not office.is_open(at("23 12:00"))
    assert office.is_open(at("23 13:00"))
    assert not office.is_open(at("23 18:00"))
    assert not office.is_open(at("28 10:00"))
    # The same instant in another zone: 02:00 in Berlin is 09:00 in Shanghai.
    assert office.is_open(at("23 02:00", BERLIN))


def test_the_next_opening_and_closing() -> None:
    office = clock()
    assert office.next_opening(at("23 08:00")) == at("23 09:00")
    assert office.next_opening(at("23 09:00")) == at("23 13:00")
    assert office.next_closing(at("23 09:00")) == at("23 12:00")
    assert office.next_closing(at("23 12:00")) == at("23 18:00")
    assert office.next_opening(at("27 13:00")) == at("30 09:00")
    assert office.next_closing(at("28 10:00")) == at("30 12:00")


def test_a_night_shift_belongs_to_the_day_on_which_it_starts() -> None:
    nights = clock(NIGHTS)
    assert nights.elapsed(at("23 00:00"), at("30 00:00")) == hours(5 * 7.5)
    assert not nights.is_open(at("23 01:00"))  # no shift starts on Sunday
    assert nights.is_open(at("28 05:59"))  # the shift of Friday
    assert nights.deadline(at("23 23:00"), hours(4)) == at("24 03:30")
    assert nights.next_closing(at("23 23:00")) == at("24 02:00")
    assert nights.next_opening(at("28 02:30")) == at("30 22:00")
    friday = nights.intervals(date(2026, 11, 27), date(2026, 11, 28))
    assert [(one.start, one.end, one.day) for one in friday] == [
        (at("27 22:00"), at("28 02:00"), date(2026, 11, 27)),
        (at("28 02:30"), at("28 06:00"), date(2026, 11, 27)),
    ]


def test_holidays_are_closed_and_make_up_workdays_worked_like_another_weekday() -> None:
    # Thursday 1 October 2026 is free; Saturday 10 October is worked like Monday.
    china = clock(
        special_day=special(
            {
                date(2026, 10, 1): DayReason.HOLIDAY,
                date(2026, 10, 10): DayReason.MAKE_UP_WORKDAY,
            }
        )
    )
    assert china.elapsed(at("2026-10-01 00:00"), at("2026-10-02 00:00")) == hours(0)
    assert china.elapsed(at("2026-10-10 00:00"), at("2026-10-11 00:00")) == hours(8)
    assert china.deadline(at("2026-09-30 17:00"), hours(2)) == at("2026-10-02 10:00")
    holiday, make_up, friday = (
        china.scheduled_day(date(2026, 10, day)) for day in (1, 10, 2)
    )  # fmt: skip
    assert (holiday.reason, holiday.shifts) == (DayReason.HOLIDAY, ())
    assert (make_up.reason, make_up.shifts) == (DayReason.MAKE_UP_WORKDAY, OFFICE_WEEK.monday)
    assert (friday.reason, friday.shifts) == (DayReason.WEEKDAY, OFFICE_WEEK.friday)


def test_a_make_up_workday_has_the_shifts_of_the_chosen_weekday() -> None:
    week = WorkingWeek(monday=(Shift("09:00", "18:00"),), friday=(Shift("09:00", "15:00"),))
    worked = special({date(2026, 10, 10): DayReason.MAKE_UP_WORKDAY})
    like_friday = clock(week, special_day=worked, make_up_weekday=Weekday.FRIDAY)
    assert like_friday.elapsed(at("2026-10-10 00:00"), at("2026-10-11 00:00")) == hours(6)


def test_own_days_come_before_holidays_and_weekdays() -> None:
    own_days = (
        OwnWorkingDay(date(2026, 11, 23), name="周年庆"),
        OwnWorkingDay(date(2026, 11, 28), (Shift("10:00", "12:00"),), "盘点"),
    )
    every_day_free = special(dict.fromkeys((date(2026, 11, 28),), DayReason.HOLIDAY))
    own = clock(own_days=own_days, special_day=every_day_free)
    assert own.elapsed(at("23 00:00"), at("24 00:00")) == hours(0)
    assert own.elapsed(at("28 00:00"), at("29 00:00")) == hours(2)
    assert own.scheduled_day(date(2026, 11, 23)).name == "周年庆"
    assert own.scheduled_day(date(2026, 11, 28)).reason is DayReason.OWN_DAY


def test_time_of_two_shifts_counts_once() -> None:
    # The shift of Monday night runs until Tuesday 06:00; Tuesday has a shift of its own from 02:00.
    own_days = (OwnWorkingDay(date(2026, 11, 24), (Shift("02:00", "08:00"),)),)
    both = clock(NIGHTS, own_days=own_days)
    assert both.elapsed(at("23 22:00"), at("24 08:00")) == hours(10)
    parts = both.intervals(date(2026, 11, 23), date(2026, 11, 24))
    assert sum((one.end - one.start for one in parts), timedelta()) == hours(10)


# In Berlin the clocks skip from 02:00 to 03:00 on 29 March 2026, and show 02:00 to 03:00 twice on
# 25 October 2026; both are Sundays.


def test_a_night_shift_is_an_hour_shorter_or_longer_when_the_clocks_change() -> None:
    week = WorkingWeek(saturday=(Shift("22:00", "06:00"),))
    berlin = clock(week, BERLIN)
    spring = (at("2026-03-28 12:00", BERLIN), at("2026-03-29 12:00", BERLIN))
    autumn = (at("2026-10-24 12:00", BERLIN), at("2026-10-25 12:00", BERLIN))
    winter = (at("2026-01-10 12:00", BERLIN), at("2026-01-11 12:00", BERLIN))
    assert [berlin.elapsed(*span) for span in (spring, autumn, winter)] == [
        hours(7), hours(9), hours(8),
    ]  # fmt: skip
    # Four hours after 22:00 the clocks show 02:00 in winter, 02:00 before the change in autumn, and
    # 03:00 in spring.
    assert berlin.deadline(at("2026-10-24 22:00", BERLIN), hours(4)) == datetime(
        2026, 10, 25, 0, 0, tzinfo=UTC
    )
    assert berlin.deadline(at("2026-10-24 22:00", BERLIN), hours(5)) == datetime(
        2026, 10, 25, 1, 0, tzinfo=UTC
    )
    assert berlin.deadline(at("2026-03-28 22:00", BERLIN), hours(5)) == at(
        "2026-03-29 04:00", BERLIN
    )


def test_office_hours_stay_at_their_local_time_over_a_change() -> None:
    berlin = clock(zone=BERLIN)
    friday, monday = at("2026-03-27 17:00", BERLIN), at("2026-03-30 10:00", BERLIN)
    assert berlin.deadline(friday, hours(2)) == monday
    assert berlin.next_opening(at("2026-03-28 00:00", BERLIN)) == datetime(
        2026, 3, 30, 7, 0, tzinfo=UTC
    )
    assert berlin.next_opening(at("2026-03-21 00:00", BERLIN)) == datetime(
        2026, 3, 23, 8, 0, tzinfo=UTC
    )


def test_a_skipped_time_is_the_instant_of_the_change() -> None:
    change = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    sunday = date(2026, 3, 29)
    assert [local_instant(sunday, minute, BERLIN) for minute in (120, 150, 179, 180)] == [
        change
    ] * 4
    assert local_instant(sunday, 119, BERLIN) == change - timedelta(minutes=1)
    assert local_instant(sunday, 181, BERLIN) == change + timedelta(minutes=1)
    week = WorkingWeek(sunday=(Shift("01:00", "02:30"), Shift("02:30", "04:00")))
    parts = clock(week, BERLIN).intervals(sunday, sunday)
    assert [one.end - one.start for one in parts] == [hours(1), hours(1)]


def test_a_time_shown_twice_is_the_first_of_the_two() -> None:
    sunday = date(2026, 10, 25)
    assert local_instant(sunday, 150, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    week = WorkingWeek(sunday=(Shift("02:00", "03:00"),))
    (part,) = clock(week, BERLIN).intervals(sunday, sunday)
    assert part.end - part.start == hours(2)


def test_a_day_that_a_zone_skipped_has_no_working_time() -> None:
    # Samoa went from 29 to 31 December 2011.
    apia = clock(ROUND_THE_CLOCK, ZoneInfo("Pacific/Apia"))
    assert apia.intervals(date(2011, 12, 30), date(2011, 12, 30)) == []
    both = apia.intervals(date(2011, 12, 29), date(2011, 12, 31))
    assert [one.end - one.start for one in both] == [hours(24), hours(24)]


def test_work_around_the_clock_never_closes() -> None:
    always = clock(ROUND_THE_CLOCK)
    assert always.is_open(at("29 00:00"))
    assert always.next_closing(at("29 00:00")) is None
    assert always.next_opening(at("29 00:00")) is None
    assert always.elapsed(at("23 00:00"), at("30 00:00")) == hours(7 * 24)


def test_without_shifts_there_is_no_deadline() -> None:
    closed = clock(WorkingWeek())
    assert closed.deadline(at("23 09:00"), hours(1)) is None
    assert closed.deadline(at("23 09:00"), hours(0)) == at("23 09:00")
    assert closed.next_opening(at("23 09:00")) is None
    only_once = clock(
        WorkingWeek(), own_days=(OwnWorkingDay(date(2027, 1, 4), (Shift("09:00", "10:00"),)),)
    )
    assert only_once.next_opening(at("23 09:00")) == at("2027-01-04 09:00")
    assert only_once.next_closing(at("23 09:00")) == at("2027-01-04 10:00")
    assert only_once.deadline(at("23 09:00"), hours(2)) is None


def test_impossible_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="is before"):
        clock().elapsed(at("23 10:00"), at("23 09:00"))
    with pytest.raises(ValueError, match="less than zero"):
        clock().deadline(at("23 10:00"), hours(-1))
    with pytest.raises(ValueError, match="no time zone"):
        clock().is_open(datetime(2026, 11, 23, 10, 0))  # noqa: DTZ001  # this is the test
