from datetime import date

from kernel.working_week import (
    OFFICE_WEEK,
    MinuteSpan,
    Shift,
    ShiftBreak,
    Weekday,
    WorkingWeek,
)


def working(shift: Shift) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in shift.working_spans()]


def test_a_break_is_a_part_of_a_shift_or_a_gap_between_two() -> None:
    inside = Shift("09:00", "18:00", (ShiftBreak("12:00", "13:00"),))
    assert working(inside) == [(540, 720), (780, 1080)]
    gap = [Shift("09:00", "12:00"), Shift("13:00", "18:00")]
    assert [span for shift in gap for span in working(shift)] == working(inside)


def test_a_shift_that_ends_before_it_starts_ends_on_the_next_day() -> None:
    night = Shift("22:00", "06:00", (ShiftBreak("23:45", "00:15"), ShiftBreak("02:00", "02:30")))
    assert night.span == MinuteSpan(1320, 1800)
    assert working(night) == [(1320, 1425), (1455, 1560), (1590, 1800)]
    assert Shift("18:00", "00:00").span == Shift("18:00", "24:00").span == MinuteSpan(1080, 1440)


def test_a_shift_may_last_the_whole_day() -> None:
    assert Shift("00:00", "24:00").span == MinuteSpan(0, 1440)
    assert working(Shift("00:00", "24:00")) == [(0, 1440)]


def test_a_shift_that_ends_when_it_starts_is_empty() -> None:
    assert working(Shift("09:00", "09:00")) == []
    assert working(Shift("00:00", "00:00")) == []


def test_breaks_at_the_edges_and_over_each_other_count_once() -> None:
    shift = Shift(
        "09:00",
        "12:00",
        (ShiftBreak("11:30", "12:00"), ShiftBreak("09:00", "09:30"), ShiftBreak("09:15", "10:00")),
    )
    assert working(shift) == [(600, 690)]


def test_spans_that_touch_do_not_overlap() -> None:
    assert not MinuteSpan(0, 60).overlaps(MinuteSpan(60, 90))
    assert MinuteSpan(0, 61).overlaps(MinuteSpan(60, 90))
    assert MinuteSpan(0, 60).later(30) == MinuteSpan(30, 90)


def test_the_weekday_of_a_date() -> None:
    assert Weekday.of(date(2026, 11, 29)) is Weekday.SUNDAY
    assert Weekday.of(date(2026, 11, 30)) is Weekday.MONDAY
    assert WorkingWeek(sunday=(Shift("10:00", "14:00"),)).on(Weekday.SUNDAY) != ()


def test_the_office_week_has_forty_hours() -> None:
    minutes = sum(
        span.end - span.start
        for day in Weekday
        for shift in OFFICE_WEEK.on(day)
        for span in shift.working_spans()
    )
    assert minutes == 40 * 60
    assert OFFICE_WEEK.on(Weekday.SATURDAY) == OFFICE_WEEK.on(Weekday.SUNDAY) == ()
