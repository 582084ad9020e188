"""A model is JSON, scores as scikit-learn does, and says why."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from threadpoolctl import threadpool_limits

from scoring.calibration import IsotonicCalibration, SigmoidCalibration, sigmoid
from scoring.encoding import CategoryEncoding, Encoding
from scoring.estimators import fit, fit_calibration, take_apart
from scoring.examples import Value
from scoring.forms import Form, LinearForm, Tree, TreeForm, form_from_json, form_to_json
from scoring.model import InvalidModel, ScoringModel
from scoring.model_card import Method
from scoring.reasons import Direction, ScoreReason, explain, top_reasons

START = datetime(2026, 1, 1, tzinfo=UTC)
ENCODING = Encoding(
    (CategoryEncoding("source", ("expo", "web")), CategoryEncoding("vip", ("yes",)))
)
LINEAR = LinearForm(
    intercept=-1.0,
    coefficients=(2.0, 0.5, 0.0, -1.0, 1.0, 0.0, 0.0),
    means=(0.25, 0.5, 0.0, 0.25, 0.5, 0.0, 0.5),
)
# The root asks for an expo; who was there is asked for vip. Of 40 examples 10 were at the expo.
TREE = Tree(
    feature=(0, -1, 4, -1, -1),
    threshold=(0.5, 0.0, 0.5, 0.0, 0.0),
    left=(1, 0, 3, 0, 0),
    right=(2, 0, 4, 0, 0),
    value=(0.25, 0.0, 1.0, 0.5, 1.5),
)
TREES = TreeForm(-1.0, (TREE, TREE))
HALVED = SigmoidCalibration(0.5, 0.0)


def model(form: Form) -> ScoringModel:
    return ScoringModel(3, ENCODING, form, HALVED)


LEAD: dict[str, Value] = {"source": "expo", "vip": "yes"}


def test_a_linear_model_by_hand() -> None:
    """-1 + 2 + 1 = 2, halved 1: 1 / (1 + e^-1) = 73.11 %."""
    found = model(LINEAR)
    assert found.log_odds(LEAD, START) == 2.0
    assert found.probability(LEAD, START) == pytest.approx(0.7310586, abs=1e-7)
    assert str(found.score(LEAD, START)) == "73.11"
    assert found.log_odds({}, START) == -2.0


def test_reasons_of_a_linear_model_by_hand() -> None:
    """A usual lead has -1 + 0.5 + 0.25 - 0.25 + 0.5 = 0.

    Source adds 2 * 0.75 - 0.5 * 0.5 + 0.25 = 1.5, vip 0.5.
    """
    found = explain(model(LINEAR), LEAD, START)
    assert found.usual == 0.0
    assert found.contributions == {"source": 1.5, "vip": 0.5}
    assert top_reasons(model(LINEAR), {"vip": "yes"}, START) == (
        ScoreReason("source", None, Direction.DOWN, -1.5),
        ScoreReason("vip", "yes", Direction.UP, 0.5),
    )
    assert len(top_reasons(model(LINEAR), LEAD, START, limit=1)) == 1


def test_reasons_of_trees_by_hand() -> None:
    """Each tree goes from 0.25 to 1 by the source, then to 1.5 by vip; two trees twice that."""
    found = explain(model(TREES), LEAD, START)
    assert (found.usual, found.log_odds) == (-0.5, 2.0)
    assert found.contributions == {"source": 1.5, "vip": 1.0}
    elsewhere = top_reasons(model(TREES), {"source": "web", "vip": "yes"}, START)
    assert elsewhere == (ScoreReason("source", "web", Direction.DOWN, -0.5),)


def data(seed: int, count: int = 300) -> tuple[list[list[float]], list[bool]]:
    """Columns of numbers and indicators, and outcomes that depend on them."""
    random = np.random.default_rng(seed)
    columns = random.normal(size=(count, 4))
    columns[:, 2:] = columns[:, 2:] > random.normal(size=2)
    outcomes = random.random(count) < 1 / (1 + np.exp(-columns @ random.normal(size=4)))
    outcomes[:2] = True, False
    return columns.tolist(), outcomes.tolist()


@pytest.mark.parametrize("method", Method)
@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_a_model_out_of_json_scores_as_scikit_learn(method: Method, seed: int) -> None:
    columns, outcomes = data(seed)
    estimator = fit(method, columns, outcomes, seed=seed)
    form = take_apart(estimator, columns)
    again = form_from_json(json.loads(json.dumps(form_to_json(form), allow_nan=False)), 4)
    assert again == form
    unseen, _ = data(seed + 1)
    with threadpool_limits(limits=1):
        expected = estimator.predict_proba(np.asarray(unseen))[:, 1]
    assert [sigmoid(again.log_odds(row)) for row in unseen] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("method", Method)
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_contributions_sum_to_the_distance_from_a_usual_lead(method: Method, seed: int) -> None:
    columns, outcomes = data(seed)
    form = take_apart(fit(method, columns, outcomes, seed=seed), columns)
    for row in data(seed + 1, 30)[0]:
        distance = form.log_odds(row) - form.usual
        assert math.fsum(form.contributions(row)) == pytest.approx(distance, abs=1e-9)
    mean = math.fsum(form.log_odds(row) for row in columns) / len(columns)
    assert form.usual == pytest.approx(mean, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.floats(-9, 9), min_size=1))
def test_isotonic_calibration_is_that_of_scikit_learn_and_rises(
    seed: int, log_odds: list[float]
) -> None:
    random = np.random.default_rng(seed)
    known = random.normal(size=1_000).round(2)
    outcomes = random.random(1_000) < 1 / (1 + np.exp(-2 * known))
    found = fit_calibration(known.tolist(), outcomes.tolist())
    assert isinstance(found, IsotonicCalibration)
    assert IsotonicCalibration.from_json(json.loads(json.dumps(vars(found)))) == found
    least = 1 / 1_002
    line = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
    ordered = sorted(log_odds)
    probabilities = [found.probability(one) for one in ordered]
    assert probabilities == pytest.approx(line.fit(known, outcomes).predict(ordered), abs=1e-12)
    assert probabilities == sorted(probabilities)
    assert 0 < probabilities[0] <= probabilities[-1] < 1


def test_fewer_examples_get_a_sigmoid_that_mends_overconfidence() -> None:
    """Outcomes follow half of the log-odds, so the slope is near a half."""
    random = np.random.default_rng(5)
    known = random.normal(scale=3, size=999)
    outcomes = random.random(999) < 1 / (1 + np.exp(-known / 2))
    found = fit_calibration(known.tolist(), outcomes.tolist())
    assert isinstance(found, SigmoidCalibration)
    assert found.slope == pytest.approx(0.5, abs=0.08)
    assert found.intercept == pytest.approx(0, abs=0.25)


@pytest.mark.parametrize("form", [LINEAR, TREES])
def test_a_model_survives_json_with_its_digest(form: Form) -> None:
    before = model(form)
    again = ScoringModel.from_json(json.loads(json.dumps(before.to_json())))
    assert again == before
    assert again.digest == before.digest
    assert again.digest != ScoringModel(4, ENCODING, form, HALVED).digest


def test_the_sigmoid_does_not_overflow() -> None:
    assert sigmoid(-1_000) == 0
    assert sigmoid(1_000) == 1
    assert sigmoid(0) == 0.5


def tree_of(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["form"]["trees"][0]
    return found


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(format=2),
        lambda d: d.pop("form"),
        lambda d: d["form"].update(kind="PICKLE"),
        lambda d: tree_of(d).update(left=[0, 0, 3, 0, 0]),  # would never end
        lambda d: tree_of(d).update(right=[9, 0, 4, 0, 0]),
        lambda d: tree_of(d).update(feature=[7, -1, 4, -1, -1]),
        lambda d: tree_of(d).update(value=[math.nan] * 5),
        lambda d: tree_of(d).update(value=[0.0]),
        lambda d: tree_of(d).update(threshold=["__import__('os')"] * 5),
        lambda d: tree_of(d).update(left=[1.5, 0, 3, 0, 0]),
        lambda d: d["form"].update(base=math.inf),
        lambda d: d["calibration"].update(kind="OTHER"),
        lambda d: d["calibration"].update(slope=None),
        lambda d: d.update(
            calibration={"kind": "ISOTONIC", "log_odds": [0, 1], "probabilities": [1, 0]}
        ),
        lambda d: d.update(
            calibration={"kind": "ISOTONIC", "log_odds": [0, 1], "probabilities": [0, 2]}
        ),
        lambda d: d["encoding"][0].update(kind="OTHER"),
        lambda d: d.update(encoding=[{"kind": "NUMBER", "field": "x"}]),
        lambda d: d["form"].update(kind="LINEAR", intercept=0, coefficients=[1], means=[1]),
    ],
)
def test_what_is_not_a_model_is_refused(spoil: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(json.dumps(model(TREES).to_json()))
    spoil(document)
    with pytest.raises(InvalidModel):
        ScoringModel.from_json(document)


def test_scoring_loads_no_numerical_library() -> None:
    """Everything but training is loaded by a process that then has neither numpy nor sklearn."""
    parts = "behavior, blend, frequency, grades, leakage, model, model_card, monitoring, reasons"
    code = f"from scoring import {parts}"
    check = "import sys; print(sorted({'numpy', 'scipy', 'sklearn'} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; {check}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
