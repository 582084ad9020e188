"""Figures of predictions, compared with hand and with scikit-learn, and what is watched later."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from scoring.encoding import CategoryEncoding, Encoding
from scoring.grades import Grade
from scoring.metrics import (
    CalibrationBin,
    brier_score,
    calibration_by_decile,
    log_loss,
    quality_of,
    roc_auc,
    wilson_interval,
)
from scoring.monitoring import (
    FieldProfile,
    drift,
    grading_accuracy,
    profile_fields,
    profile_scores,
    stability_index,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
predictions = st.lists(
    st.tuples(st.integers(1, 19).map(lambda n: n / 20), st.booleans()), min_size=2, max_size=40
).filter(lambda found: len({won for _, won in found}) == 2)
counts = st.lists(st.integers(1, 1_000), min_size=2, max_size=8)


def test_figures_by_hand() -> None:
    """Won at 0.8 and 0.4, lost at 0.4 and 0.2: of four pairs three are right and one is a tie."""
    probabilities, outcomes = [0.8, 0.4, 0.4, 0.2], [True, True, False, False]
    assert roc_auc(probabilities, outcomes) == 3.5 / 4
    assert brier_score(probabilities, outcomes) == pytest.approx((0.04 + 0.36 + 0.16 + 0.04) / 4)
    expected = -(math.log(0.8) + math.log(0.4) + math.log(0.6) + math.log(0.8)) / 4
    assert log_loss(probabilities, outcomes) == pytest.approx(expected)
    low, high = calibration_by_decile([0.75, 0.5, 0.5, 0.25], outcomes, bins=2)
    assert low == CalibrationBin(2, 0.375, 0.0)
    assert high == CalibrationBin(2, 0.625, 1.0)


@settings(max_examples=25, deadline=None)
@given(predictions)
def test_figures_are_those_of_scikit_learn(found: list[tuple[float, bool]]) -> None:
    probabilities, outcomes = [p for p, _ in found], [won for _, won in found]
    quality = quality_of(probabilities, outcomes)
    assert quality.auc == pytest.approx(reference.roc_auc_score(outcomes, probabilities))
    assert quality.brier == pytest.approx(reference.brier_score_loss(outcomes, probabilities))
    assert quality.log_loss == pytest.approx(reference.log_loss(outcomes, probabilities))
    assert sum(one.count for one in quality.calibration) == len(found)
    predicted = [one.predicted for one in quality.calibration]
    assert predicted == sorted(predicted)


def test_a_certain_prediction_that_is_wrong_has_a_finite_loss() -> None:
    assert log_loss([1.0, 0.0], [False, True]) == pytest.approx(-math.log(1e-15))
    assert log_loss([1.0, 0.0], [True, False]) == 0


def test_one_class_has_no_auc() -> None:
    with pytest.raises(ValueError, match="won and lost"):
        roc_auc([0.1, 0.2], [True, True])


def test_bins_of_equal_probabilities_have_just_that_mean() -> None:
    """The sum of twelve times 0.05, divided by 12, is 0.05000000000000001."""
    bins = calibration_by_decile([0.05] * 119, [True, *[False] * 118])
    assert [one.predicted for one in bins] == [0.05] * 10


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (81, 263, 0.2553, 0.3662), (0, 20, 0.0, 0.1611), (0, 0, 0.0, 1.0)],
)
def test_wilson_intervals(successes: int, trials: int, low: float, high: float) -> None:
    """81 of 263 is an example of R. Newcombe (1998); 0 of 20 goes up to z2 / (20 + z2)."""
    found = wilson_interval(successes, trials)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_its_mirror_is_that_of_the_failures(
    found: tuple[int, int],
) -> None:
    successes, trials = found
    interval = wilson_interval(successes, trials)
    assert 0 <= interval.low <= successes / trials <= interval.high <= 1
    mirrored = wilson_interval(trials - successes, trials)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((interval.low, interval.high))


def test_the_stability_index_by_hand() -> None:
    """0.1 * ln(0.6 / 0.5) - 0.1 * ln(0.4 / 0.5) = 0.018232 + 0.022314."""
    assert stability_index([50, 50], [120, 80]) == pytest.approx(0.040547, abs=1e-6)
    assert stability_index([10, 30], [100, 300]) == pytest.approx(0)
    assert stability_index([50, 50], [100, 0]) > 4
    for other in ([1, 2, 3], [0, 0]):
        with pytest.raises(ValueError, match="same groups"):
            stability_index([1, 2], other)


@given(counts, st.data())
def test_the_stability_index_is_never_negative_and_looks_both_ways(
    expected: list[int], data: st.DataObject
) -> None:
    same_length = st.lists(st.integers(1, 1_000), min_size=len(expected), max_size=len(expected))
    actual = data.draw(same_length)
    index = stability_index(expected, actual)
    assert index >= 0
    assert index == pytest.approx(stability_index(actual, expected))


def test_a_new_source_shows_as_drift_of_that_field_first() -> None:
    encoding = Encoding((CategoryEncoding("source", ("web",)), CategoryEncoding("vip", ("no",))))
    before = profile_fields(
        encoding, [({"source": "web", "vip": "no"}, START)] * 9 + [({"vip": "no"}, START)]
    )
    assert before == (FieldProfile("source", (9, 0, 1)), FieldProfile("vip", (10, 0, 0)))
    now = profile_fields(encoding, [({"source": "live stream", "vip": "no"}, START)] * 5)
    assert now[0].counts == (0, 5, 0)
    moved, steady = drift(before, now)
    assert (moved.field, steady.field) == ("source", "vip")
    assert moved.index > 0.25
    assert steady.index == 0
    assert profile_scores([0.0, 0.05, 0.1, 0.999, 1.0]) == (2, 1, 0, 0, 0, 0, 0, 0, 0, 2)


def test_whether_grades_convert_in_their_order() -> None:
    """Of A 56 of 70 won, of B 48 of 80: 0.2 apart, 0.0524 to 0.3339 (R. Newcombe, 1998)."""
    found = grading_accuracy({Grade.A: (70, 56), Grade.B: (80, 48), Grade.D: (10, 7)})
    assert [one.grade for one in found.outcomes] == [Grade.A, Grade.B, Grade.D]
    assert found.outcomes[0].share == 0.8
    first, second = found.comparisons
    assert (first.better, first.worse) == (Grade.A, Grade.B)
    assert first.difference == pytest.approx(0.2)
    assert (first.interval.low, first.interval.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert first.is_certain
    assert second.difference == pytest.approx(-0.1)
    assert not second.is_certain
    with pytest.raises(ValueError, match="at most all"):
        grading_accuracy({Grade.A: (1, 2)})
