"""One score out of its parts, by weight, and grades that do not flap."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.blend import ScorePart, blend, to_scale
from scoring.grades import Grade, GradeRules, falls_at, grade

ATTRIBUTE, BEHAVIOR, INTELLIGENT = ScorePart
WEIGHTS = {ATTRIBUTE: Decimal(3), BEHAVIOR: Decimal(2), INTELLIGENT: Decimal(5)}
RULES = GradeRules({Grade.A: Decimal(80), Grade.B: Decimal(60), Grade.C: Decimal(40)}, Decimal(5))
values = st.decimals(min_value=0, max_value=100, places=2)
parts = st.dictionaries(st.sampled_from(ScorePart), st.none() | values)


def test_three_parts_by_their_weights() -> None:
    """(3 * 60 + 2 * 25 + 5 * 81.37) / 10 = 63.685, which rounds half up to 63.69."""
    found = blend(
        {ATTRIBUTE: Decimal(60), BEHAVIOR: Decimal(25), INTELLIGENT: Decimal("81.37")}, WEIGHTS
    )
    assert found.score == Decimal("63.69")
    assert found.shares == {
        ATTRIBUTE: Decimal("18.00"),
        BEHAVIOR: Decimal("5.00"),
        INTELLIGENT: Decimal("40.69"),
    }


def test_an_absent_part_leaves_its_weight_to_the_others() -> None:
    """(3 * 60 + 2 * 25) / 5 = 46."""
    found = blend({ATTRIBUTE: Decimal(60), BEHAVIOR: Decimal(25), INTELLIGENT: None}, WEIGHTS)
    assert found.score == Decimal(46)
    assert found.shares == {ATTRIBUTE: Decimal(36), BEHAVIOR: Decimal(10)}
    assert blend({}, WEIGHTS).score is None
    assert blend({ATTRIBUTE: Decimal(60)}, {ATTRIBUTE: Decimal(0)}).score is None


@pytest.mark.parametrize(
    ("points", "scaled"), [("30", "50.00"), ("90", "100.00"), ("-4", "0.00"), ("20", "33.33")]
)
def test_points_become_a_part_of_the_scale(points: str, scaled: str) -> None:
    assert to_scale(Decimal(points), Decimal(60)) == Decimal(scaled)


def test_what_is_outside_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 100"):
        blend({ATTRIBUTE: Decimal(101)}, WEIGHTS)
    with pytest.raises(ValueError, match="weight"):
        blend({ATTRIBUTE: Decimal(1)}, {BEHAVIOR: Decimal(-1)})
    with pytest.raises(ValueError, match="above 0"):
        to_scale(Decimal(1), Decimal(0))


@given(parts, st.dictionaries(st.sampled_from(ScorePart), values))
def test_a_score_lies_between_its_parts_and_its_shares_sum_to_it(
    found: dict[ScorePart, Decimal | None], weights: dict[ScorePart, Decimal]
) -> None:
    blended = blend(found, weights)
    counted = [v for part, v in found.items() if v is not None and weights.get(part)]
    if blended.score is None:
        assert counted == []
        return
    assert min(counted) <= blended.score <= max(counted)
    assert sum(blended.shares.values()) == blended.score
    assert all(share >= 0 for share in blended.shares.values())


@given(parts, st.sampled_from(ScorePart), values, values)
def test_a_better_part_never_lowers_the_score(
    found: dict[ScorePart, Decimal | None], part: ScorePart, one: Decimal, other: Decimal
) -> None:
    low, high = sorted((one, other))
    worse, better = blend({**found, part: low}, WEIGHTS), blend({**found, part: high}, WEIGHTS)
    assert worse.score is not None
    assert better.score is not None
    assert worse.score <= better.score


@given(parts, st.integers(min_value=1, max_value=1_000))
def test_only_the_proportion_of_weights_matters(
    found: dict[ScorePart, Decimal | None], factor: int
) -> None:
    larger = {part: weight * factor for part, weight in WEIGHTS.items()}
    assert blend(found, larger) == blend(found, WEIGHTS)


@pytest.mark.parametrize(
    ("score", "previous", "expected"),
    [
        ("80", None, "A"),
        ("79.99", None, "B"),
        ("39.99", None, "D"),
        ("79.99", "A", "A"),  # within the margin
        ("75", "A", "A"),  # not more than the margin below
        ("74.99", "A", "B"),
        ("57", "A", "B"),  # B is kept from 55 on, be it left at once or on the way
        ("54.99", "A", "C"),
        ("34.99", "A", "D"),
        ("79.99", "B", "B"),
        ("80", "D", "A"),  # rises at once
        ("59", "C", "C"),
    ],
)
def test_a_grade_rises_at_its_threshold_and_falls_below_the_margin(
    score: str, previous: str | None, expected: str
) -> None:
    before = Grade(previous) if previous else None
    assert grade(RULES, Decimal(score), before) is Grade(expected)


def test_the_score_at_which_a_grade_falls() -> None:
    assert [falls_at(RULES, one) for one in Grade] == [Decimal(75), Decimal(55), Decimal(35), None]
    assert [one.rank for one in Grade] == [1, 2, 3, 4]


@given(values, st.lists(st.decimals(min_value=0, max_value=5, places=2), min_size=2, max_size=20))
def test_a_score_that_moves_within_the_margin_changes_its_grade_once_at_most(
    low: Decimal, moves: list[Decimal]
) -> None:
    first = grade(RULES, low + moves[0])
    found = [first]
    for move in moves[1:]:
        found.append(grade(RULES, low + move, found[-1]))
    assert sum(a is not b for a, b in pairwise(found)) <= 1


@given(st.lists(values, min_size=1, max_size=20))
def test_while_a_score_falls_the_steps_between_do_not_matter(scores: list[Decimal]) -> None:
    falling = sorted(scores, reverse=True)
    current = first = grade(RULES, falling[0])
    for score in falling:
        current = grade(RULES, score, current)
    assert current is grade(RULES, falling[-1], first)


@given(values, st.none() | st.sampled_from(Grade))
def test_a_grade_computed_again_stays(score: Decimal, previous: Grade | None) -> None:
    found = grade(RULES, score, previous)
    assert grade(RULES, score, found) is found
    fall = falls_at(RULES, found)
    assert fall is None or score >= fall


def test_thresholds_that_do_not_fall_are_refused() -> None:
    with pytest.raises(ValueError, match="must fall"):
        GradeRules({Grade.A: Decimal(60), Grade.B: Decimal(60), Grade.C: Decimal(40)})
    with pytest.raises(ValueError, match="have thresholds"):
        GradeRules({Grade.A: Decimal(60)})
    with pytest.raises(ValueError, match="margin"):
        GradeRules(RULES.thresholds, Decimal(-1))
