"""What touches are worth as time passes, their caps, and when a score falls below a threshold."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.behavior import BehaviorRules, Touch, TouchRule, falls_below, score_at

START = datetime(2026, 3, 1, tzinfo=UTC)
RULES = BehaviorRules(
    kinds={
        "mail": TouchRule(points=Decimal(8), cap=Decimal(20), half_life=Decimal(7)),
        "visit": TouchRule(points=Decimal(30), half_life=Decimal(30)),
        "member": TouchRule(points=Decimal(5)),
    },
    cap=Decimal(60),
)
seconds = st.integers(min_value=0, max_value=400 * 86_400)
touches = st.lists(
    st.builds(
        lambda kind, after: Touch(kind, START + timedelta(seconds=after)),
        st.sampled_from(["mail", "visit", "member", "unknown"]),
        seconds,
    ),
    max_size=12,
)


def days(number: float) -> datetime:
    return START + timedelta(days=number)


@pytest.mark.parametrize(
    ("day", "points"),
    [(0, "30.000000"), (30, "15.000000"), (60, "7.500000"), (15, "21.213203"), (3650, "0.000000")],
)
def test_a_visit_loses_half_of_its_points_in_thirty_days(day: float, points: str) -> None:
    """30 * 2^(-15/30) = 30 / 1.41421356... = 21.2132034..."""
    assert score_at(RULES, [Touch("visit", START)], days(day)).points == Decimal(points)


def test_three_mails_are_capped_and_stay_at_the_cap_until_they_are_worth_less() -> None:
    """Three mails are worth 24, after a day 24 * 2^(-1/7) = 21.7375..., which is above 20."""
    mails = [Touch("mail", START)] * 3
    now = score_at(RULES, mails, START)
    assert (now.points, now.kinds["mail"].uncapped) == (Decimal(20), Decimal(24))
    assert now.kinds["mail"].touches == 3
    assert score_at(RULES, mails, days(1)).points == Decimal(20)
    assert score_at(RULES, mails, days(7)).points == Decimal(12)


def test_all_kinds_together_are_capped() -> None:
    many = [Touch("visit", START), Touch("visit", START), Touch("mail", START)]
    score = score_at(RULES, many, START)
    assert score.points == Decimal(60)
    assert sum(one.points for one in score.kinds.values()) == Decimal(68)


def test_later_touches_and_kinds_without_a_rule_count_nothing() -> None:
    score = score_at(RULES, [Touch("visit", days(1)), Touch("unknown", START)], START)
    assert (score.points, score.kinds) == (Decimal(0), {})


def test_a_visit_falls_below_a_quarter_after_two_half_lives() -> None:
    """At 60 days it is worth 7.5 to the digit, which is not below; one second later it is."""
    visit = [Touch("visit", START)]
    assert falls_below(RULES, visit, Decimal("7.5"), after=START) == days(60) + timedelta(seconds=1)
    assert falls_below(RULES, visit, Decimal("7.5"), after=days(70)) == days(70)
    assert falls_below(RULES, visit, Decimal(0), after=START) is None


def test_points_that_are_kept_for_ever_hold_a_score_up() -> None:
    both = [Touch("visit", START), Touch("member", START)]
    assert falls_below(RULES, both, Decimal(5), after=START) is None
    assert falls_below(RULES, both, Decimal(20), after=START) == days(30) + timedelta(seconds=1)


@given(touches, seconds, seconds)
def test_without_new_touches_a_score_never_rises(
    found: list[Touch], first: int, second: int
) -> None:
    last = max((one.at for one in found), default=START)
    earlier, later = sorted((first, second))
    before = score_at(RULES, found, last + timedelta(seconds=earlier))
    after = score_at(RULES, found, last + timedelta(seconds=later))
    assert Decimal(0) <= after.points <= before.points <= Decimal(60)


@given(touches, st.integers(min_value=1, max_value=10**12))
def test_a_microsecond_later_nothing_is_worth_more(found: list[Touch], after: int) -> None:
    instant = max((one.at for one in found), default=START) + timedelta(microseconds=after)
    next_instant = instant + timedelta(microseconds=1)
    assert score_at(RULES, found, next_instant).points <= score_at(RULES, found, instant).points


@given(touches, st.randoms())
def test_the_order_of_touches_does_not_matter_and_each_adds(
    found: list[Touch], random: Random
) -> None:
    mixed = list(found)
    random.shuffle(mixed)
    instant = days(401)
    assert score_at(RULES, mixed, instant) == score_at(RULES, found, instant)
    more = score_at(RULES, [*found, Touch("visit", days(400))], instant)
    assert more.points >= score_at(RULES, found, instant).points


@given(touches, st.decimals(min_value="0.01", max_value=60, places=2), seconds)
def test_the_score_is_below_the_threshold_from_the_found_second_on(
    found: list[Touch], threshold: Decimal, after: int
) -> None:
    start = max((one.at for one in found), default=START) + timedelta(seconds=after)
    instant = falls_below(RULES, found, threshold, after=start)
    if instant is None:
        assert score_at(RULES, found, days(300_000)).points >= threshold
        return
    assert score_at(RULES, found, instant).points < threshold
    if instant > start:
        before = score_at(RULES, found, instant - timedelta(seconds=1))
        assert before.points >= threshold


@pytest.mark.parametrize(
    "rule",
    [
        {"points": Decimal(-1)},
        {"points": Decimal("NaN")},
        {"points": Decimal(1), "cap": Decimal(-1)},
        {"points": Decimal(1), "half_life": Decimal(0)},
    ],
)
def test_rules_that_mean_nothing_are_refused(rule: dict[str, Decimal]) -> None:
    with pytest.raises(ValueError, match="must be"):
        TouchRule(**rule)


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Touch("mail", datetime(2026, 3, 1))  # noqa: DTZ001  # what is refused
