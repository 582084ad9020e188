from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kernel.working_clock import DayReason, WorkingClock
from kernel.working_week import OwnWorkingDay, Shift, ShiftBreak, Weekday, WorkingWeek

bounded = settings(max_examples=100, deadline=None)
ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
instants = st.integers(0, 365 * 24 * 60).map(lambda minutes: FIRST + minutes * MINUTE)
durations = st.integers(0, 60 * 60).map(lambda minutes: minutes * MINUTE)
dates = st.dates(date(2026, 1, 1), date(2026, 12, 31))


def clock_time(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


@st.composite
def shifts(draw: st.DrawFn) -> tuple[Shift, ...]:
    """A day shift with a break, a night shift, both, or none; they may overlap other days."""
    found = []
    if draw(st.booleans()):
        start = draw(st.integers(0, 10 * 60))
        pause = start + draw(st.integers(1, 300))
        end = pause + draw(st.integers(2, 300))
        found.append(
            Shift(
                clock_time(start),
                clock_time(end),
                (ShiftBreak(clock_time(pause), clock_time(pause + 1)),),
            )
        )
    if draw(st.booleans()):
        found.append(Shift("22:30", clock_time(draw(st.integers(60, 600)))))
    return tuple(found)


@st.composite
def clocks(draw: st.DrawFn) -> WorkingClock:
    reasons = {
        day: draw(st.sampled_from([DayReason.HOLIDAY, DayReason.MAKE_UP_WORKDAY]))
        for day in draw(st.sets(dates, max_size=5))
    }
    return WorkingClock(
        zone=ZoneInfo(draw(st.sampled_from(ZONES))),
        week=WorkingWeek(*(draw(shifts()) for _ in Weekday)),
        own_days=tuple(
            OwnWorkingDay(day, draw(shifts())) for day in draw(st.sets(dates, max_size=3))
        ),
        special_day=reasons.get,
    )


@bounded
@given(clocks(), instants, durations)
def test_measuring_until_a_deadline_gives_the_duration_back(
    clock: WorkingClock, start: datetime, duration: timedelta
) -> None:
    deadline = clock.deadline(start, duration)
    assume(deadline is not None)
    assert deadline is not None
    assert deadline >= start
    assert clock.elapsed(start, deadline) == duration
    if duration:  # it is the first such instant
        assert clock.elapsed(start, deadline - MINUTE) < duration


@bounded
@given(clocks(), st.lists(instants, min_size=3, max_size=3))
def test_working_time_adds_up(clock: WorkingClock, at: list[datetime]) -> None:
    first, middle, last = sorted(at)
    parts = clock.elapsed(first, middle) + clock.elapsed(middle, last)
    assert parts == clock.elapsed(first, last)
    assert timedelta() <= parts <= last - first


@bounded
@given(clocks(), instants, durations, durations)
def test_deadlines_follow_each_other(
    clock: WorkingClock, start: datetime, one: timedelta, other: timedelta
) -> None:
    both = clock.deadline(start, one + other)
    assume(both is not None)
    middle = clock.deadline(start, one)
    assert both is not None
    assert middle is not None
    assert middle <= both
    assert clock.deadline(middle, other) == (both if other else middle)


@bounded
@given(clocks(), instants, instants, durations)
def test_a_later_start_has_no_earlier_deadline(
    clock: WorkingClock, one: datetime, other: datetime, duration: timedelta
) -> None:
    early, late = (clock.deadline(at, duration) for at in sorted([one, other]))
    assert early is None or late is None or early <= late


@settings(max_examples=25, deadline=None)
@given(clocks(), instants)
def test_working_time_is_the_sum_of_open_minutes(clock: WorkingClock, start: datetime) -> None:
    minutes = [start + number * MINUTE for number in range(8 * 60)]
    open_minutes = sum(clock.is_open(at) for at in minutes)
    assert clock.elapsed(start, minutes[-1] + MINUTE) == open_minutes * MINUTE


@bounded
@given(clocks(), instants)
def test_openings_and_closings_are_the_edges_of_working_time(
    clock: WorkingClock, at: datetime
) -> None:
    opening, closing = clock.next_opening(at), clock.next_closing(at)
    if opening is not None:
        assert opening > at
        assert clock.is_open(opening)
        assert not clock.is_open(opening - MINUTE)
    if closing is not None:
        assert closing > at
        assert not clock.is_open(closing)
        assert clock.is_open(closing - MINUTE)
    if clock.is_open(at) and closing is not None:
        assert clock.elapsed(at, closing) == closing - at
    if not clock.is_open(at) and opening is not None:
        assert clock.elapsed(at, opening) == timedelta()


@bounded
@given(clocks(), dates)
def test_intervals_are_in_order_and_apart(clock: WorkingClock, day: date) -> None:
    found = clock.intervals(day, day + timedelta(days=14))
    assert all(one.start < one.end for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
