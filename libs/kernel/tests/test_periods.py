from calendar import monthrange
from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kernel.periods import AnchoredRecurrence, Period, RecurrenceUnit, add_months

bounded = settings(max_examples=200, deadline=None)
days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
steps = st.sampled_from(RecurrenceUnit)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    start = draw(days)
    length = draw(st.none() | st.integers(1, 5000))
    return Period(start, None if length is None else start + timedelta(days=length))


def period(start: int, end: int | None) -> Period:
    """Days of January 2026."""
    return Period(date(2026, 1, start), None if end is None else date(2026, 1, end))


def day(of_january: int) -> date:
    return date(2026, 1, of_january)


def test_a_period_contains_its_start_but_not_its_end() -> None:
    assert period(1, 10).contains(day(1))
    assert period(1, 10).contains(day(9))
    assert not period(1, 10).contains(day(10))
    assert not period(2, 10).contains(day(1))
    assert period(1, None).contains(date(9999, 12, 31))
    assert period(1, None).is_open
    assert not period(1, 10).is_open
    assert str(period(1, None)) == "[2026-01-01, open)"


@pytest.mark.parametrize("end", [1, 5])
def test_an_empty_period_is_refused(end: int) -> None:
    with pytest.raises(ValueError, match="after the start"):
        period(5, end)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (period(1, 10), period(5, 15), period(5, 10)),
        (period(1, 10), period(3, 4), period(3, 4)),
        (period(1, 10), period(10, 15), None),
        (period(1, 10), period(9, None), period(9, 10)),
        (period(1, None), period(9, None), period(9, None)),
        (period(1, 5), period(6, None), None),
    ],
)
def test_periods_intersect_in_their_common_days(
    one: Period, other: Period, both: Period | None
) -> None:
    assert one.intersection(other) == other.intersection(one) == both
    assert one.overlaps(other) == other.overlaps(one) == (both is not None)


def test_a_period_is_split_at_a_day() -> None:
    assert period(1, 10).split_at(day(4)) == (period(1, 4), period(4, 10))
    assert period(1, None).split_at(day(4)) == (period(1, 4), period(4, None))
    for outside in (1, 10, 11):
        with pytest.raises(ValueError, match="does not lie within"):
            period(1, 10).split_at(day(outside))


@bounded
@given(periods(), periods(), days)
def test_the_intersection_contains_the_days_of_both_periods(
    one: Period, other: Period, tested: date
) -> None:
    both = one.intersection(other)
    assert (both is not None and both.contains(tested)) == (
        one.contains(tested) and other.contains(tested)
    )


@bounded
@given(periods(), days, days)
def test_every_day_is_in_exactly_one_part_of_a_split(
    whole: Period, cut: date, tested: date
) -> None:
    if cut == whole.start or not whole.contains(cut):
        return
    before, after = whole.split_at(cut)
    assert whole.contains(tested) == (before.contains(tested) != after.contains(tested))
    assert not before.overlaps(after)


def dates(anchor: date, step: RecurrenceUnit, every: int, count: int) -> list[str]:
    return [str(date_) for date_ in islice(AnchoredRecurrence(anchor, step, every), count)]


def test_recurrences_worked_by_hand() -> None:
    assert dates(date(2026, 1, 31), RecurrenceUnit.MONTHLY, 1, 5) == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31",
    ]  # fmt: skip
    assert dates(date(2026, 11, 30), RecurrenceUnit.MONTHLY, 3, 4) == [
        "2026-11-30", "2027-02-28", "2027-05-30", "2027-08-30",
    ]  # fmt: skip
    assert dates(date(2024, 2, 29), RecurrenceUnit.YEARLY, 1, 5) == [
        "2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29",
    ]  # fmt: skip
    assert dates(date(2026, 12, 28), RecurrenceUnit.WEEKLY, 2, 2) == ["2026-12-28", "2027-01-11"]
    assert AnchoredRecurrence(date(2026, 3, 31), RecurrenceUnit.MONTHLY).nth(-1) == date(
        2026, 2, 28
    )
    assert add_months(date(2026, 1, 15), -13) == date(2024, 12, 15)


def test_periods_of_a_recurrence_join_without_gaps() -> None:
    assert AnchoredRecurrence(date(2026, 1, 31), RecurrenceUnit.MONTHLY).periods(2) == [
        Period(date(2026, 1, 31), date(2026, 2, 28)),
        Period(date(2026, 2, 28), date(2026, 3, 31)),
    ]


def test_a_recurrence_must_advance_within_the_calendar() -> None:
    with pytest.raises(ValueError, match="every >= 1"):
        AnchoredRecurrence(date(2026, 1, 1), RecurrenceUnit.MONTHLY, 0)
    for step in RecurrenceUnit:
        with pytest.raises((ValueError, OverflowError)):
            AnchoredRecurrence(date(9999, 12, 31), step).nth(1)


@bounded
@given(
    days,
    steps.filter(lambda step: step is not RecurrenceUnit.WEEKLY),
    st.integers(1, 24),
    st.integers(0, 120),
)
def test_months_and_years_keep_the_day_of_the_anchor(
    anchor: date, step: RecurrenceUnit, every: int, n: int
) -> None:
    nth = AnchoredRecurrence(anchor, step, every).nth(n)
    months = n * every * (12 if step is RecurrenceUnit.YEARLY else 1)
    assert (nth.year - anchor.year) * 12 + nth.month - anchor.month == months
    assert nth.day == min(anchor.day, monthrange(nth.year, nth.month)[1])


@bounded
@given(days, st.integers(1, 8), st.integers(0, 500))
def test_weeks_keep_the_weekday(anchor: date, every: int, n: int) -> None:
    nth = AnchoredRecurrence(anchor, RecurrenceUnit.WEEKLY, every).nth(n)
    assert (nth - anchor).days == 7 * every * n


@bounded
@given(days, steps, st.integers(1, 6), st.integers(1, 20))
def test_periods_cover_every_day_once(
    anchor: date, step: RecurrenceUnit, every: int, count: int
) -> None:
    recurrence = AnchoredRecurrence(anchor, step, every)
    covered = recurrence.periods(count)
    assert [covered[0].start, covered[-1].end] == [anchor, recurrence.nth(count)]
    assert all(one.end == other.start for one, other in pairwise(covered))


def test_a_period_in_json() -> None:
    adapter = TypeAdapter(Period)
    open_end = {"start": "2026-01-01", "end": None}
    assert adapter.dump_python(adapter.validate_python(open_end), mode="json") == open_end
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python({"start": "2026-01-02", "end": "2026-01-02"})
    assert caught.value.errors()[0]["type"] == "period_empty"
