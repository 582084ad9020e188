"""Periods, ages, rates and needed leads: pure calculations."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid
from mtl.metrics.domain.periods import (
    AgeBand,
    MetricPeriod,
    MetricStep,
    band_limits,
    months_before,
    period_of,
)
from mtl.metrics.domain.rates import (
    LeadsNeeded,
    NeededState,
    leads_needed,
    sample_rate,
)
from scoring.metrics import NORMAL_QUANTILE, wilson_bounds

SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
samples = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_a_period_is_read_by_the_clocks_of_its_zone() -> None:
    period = MetricPeriod(date(2026, 11, 1), date(2026, 11, 2), SHANGHAI)
    assert (period.start, period.end) == (
        datetime(2026, 10, 31, 16, tzinfo=UTC),
        datetime(2026, 11, 2, 16, tzinfo=UTC),
    )
    # Clocks in New York go back an hour on 1 November 2026, so that this day has 25 hours.
    day = MetricPeriod(date(2026, 11, 1), date(2026, 11, 1), NEW_YORK)
    assert day.end - day.start == timedelta(hours=25)


def test_weeks_begin_on_monday_and_outer_parts_are_incomplete() -> None:
    period = MetricPeriod(date(2026, 10, 29), date(2026, 11, 10), SHANGHAI)  # Thursday to Tuesday
    weeks = [
        (part.first.isoformat(), part.last.isoformat()) for part in period.parts(MetricStep.WEEK)
    ]
    assert weeks == [
        ("2026-10-29", "2026-11-01"),
        ("2026-11-02", "2026-11-08"),
        ("2026-11-09", "2026-11-10"),
    ]
    months = [(part.first.day, part.last.day) for part in period.parts(MetricStep.MONTH)]
    assert months == [(29, 31), (1, 10)]
    assert len(period.parts(MetricStep.DAY)) == 13


@given(
    days, st.integers(0, 399), st.sampled_from(MetricStep), st.sampled_from([SHANGHAI, NEW_YORK])
)
def test_parts_fill_their_period(first: date, length: int, step: MetricStep, zone: str) -> None:
    period = MetricPeriod(first, first + timedelta(days=length), zone)
    parts = period.parts(step)
    assert (parts[0].start, parts[-1].end) == (period.start, period.end)
    assert all(one.end == other.start for one, other in pairwise(parts))
    assert all(part.start < part.end for part in parts)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (date(2026, 11, 2), date(2026, 11, 1), "END_BEFORE_START"),
        (date(2026, 1, 1), date(2027, 2, 5), "PERIOD_TOO_LONG"),
    ],
)
def test_periods_have_an_order_and_a_length(first: date, last: date, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        period_of(first, last, SHANGHAI)
    assert [(one.pointer, one.code) for one in refused.value.violations] == [("?to", code)]


def test_a_period_has_at_most_400_days() -> None:
    period = period_of(date(2026, 1, 1), date(2027, 2, 4), SHANGHAI)
    assert len(period.parts(MetricStep.DAY)) == 400


@given(days, st.sampled_from([SHANGHAI, NEW_YORK]))
def test_bands_of_age_join_without_gaps(today: date, zone: str) -> None:
    limits = list(band_limits(today, zone).values())
    assert all(begin == end for (begin, _), (_, end) in pairwise(limits))
    tomorrow = MetricPeriod(today, today, zone).end
    assert (limits[0][1], limits[-1][0]) == (tomorrow, None)


def test_an_age_is_counted_in_days_of_the_calendar() -> None:
    limits = band_limits(date(2026, 11, 30), SHANGHAI)
    assert limits[AgeBand.UP_TO_3] == (
        datetime(2026, 11, 26, 16, tzinfo=UTC),  # 27 November in Shanghai, three days ago
        datetime(2026, 11, 30, 16, tzinfo=UTC),
    )
    assert limits[AgeBand.OVER_90] == (None, datetime(2026, 8, 31, 16, tzinfo=UTC))


def test_months_before_a_day() -> None:
    day = date(2026, 2, 28)
    found = [months_before(day, months).isoformat() for months in (-11, 0, 1, 2, 12)]
    assert found == ["2027-01-01", "2026-02-01", "2026-01-01", "2025-12-01", "2025-02-01"]


def test_the_interval_of_8_in_40_by_hand() -> None:
    """p = 0.2, z² = 3.8415, z²/n = 0.09604; centre (0.2 + 0.04802) / 1.09604 = 0.22629.

    Margin 1.95996 * sqrt(0.16/40 + 3.8415/6400) / 1.09604 = 1.95996 * 0.067825 / 1.09604 = 0.12129.
    """
    low, high = wilson_bounds(8, 40)
    assert low == pytest.approx(Decimal("0.22629") - Decimal("0.12129"), abs=Decimal("0.0001"))
    assert high == pytest.approx(Decimal("0.22629") + Decimal("0.12129"), abs=Decimal("0.0001"))


def test_the_quantile_is_that_of_the_normal_distribution() -> None:
    assert float(NORMAL_QUANTILE) == pytest.approx(NormalDist().inv_cdf(0.975), abs=1e-6)


@given(samples)
def test_intervals_hold_their_rate_and_mirror_each_other(sample: tuple[int, int]) -> None:
    successes, n = sample
    low, high = wilson_bounds(successes, n)
    assert 0 <= low <= Decimal(successes) / n <= high <= 1
    mirrored = wilson_bounds(n - successes, n)
    assert mirrored[0] == pytest.approx(1 - high, abs=Decimal("1e-20"))
    # The ends solve Wilson's equation: they are z standard errors away from the share.
    for end in (low, high):
        distance = (Decimal(successes) / n - end) ** 2
        error = NORMAL_QUANTILE**2 * end * (1 - end) / n
        assert distance == pytest.approx(error, abs=Decimal("1e-20"))


@given(samples, st.integers(2, 9))
def test_more_of_the_same_narrows_an_interval(sample: tuple[int, int], times: int) -> None:
    successes, n = sample
    narrow, wide = wilson_bounds(times * successes, times * n), wilson_bounds(successes, n)
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


def test_rates_are_rounded_and_their_intervals_outwards() -> None:
    rate = sample_rate(1, 3)
    assert rate is not None
    assert (str(rate.rate), str(rate.low), str(rate.high)) == ("0.3333", "0.0614", "0.7924")
    assert sample_rate(0, 0) is None


def test_needed_leads_by_hand() -> None:
    """8 of 40 convert: 5 conversions need 25 leads; 5 / 0.3476 = 14.4, 5 / 0.1050 = 47.6."""
    assert leads_needed(5, 6, converted=8, sample=40) == LeadsNeeded(
        NeededState.COMPUTED, needed=25, needed_at_least=15, needed_at_most=48, missing=19
    )
    assert leads_needed(5, 31, converted=8, sample=40).missing == 0
    assert leads_needed(2, 0, converted=7, sample=30).needed == 9  # 8.57


def test_too_few_leads_and_none_converted() -> None:
    assert leads_needed(5, 6, converted=9, sample=29) == LeadsNeeded(NeededState.NOT_ENOUGH_DATA)
    assert leads_needed(5, 6, converted=0, sample=30) == LeadsNeeded(NeededState.NONE_CONVERTED)


@given(st.integers(1, 1000), st.integers(30, 5000), st.data())
def test_so_many_leads_reach_the_target(target: int, sample: int, data: st.DataObject) -> None:
    converted = data.draw(st.integers(1, sample))
    found = leads_needed(target, 0, converted=converted, sample=sample)
    assert found.needed is not None
    assert (found.needed - 1) * converted < target * sample <= found.needed * converted
    assert found.needed_at_least is not None
    assert found.needed_at_most is not None
    assert found.needed_at_least <= found.needed <= found.needed_at_most
