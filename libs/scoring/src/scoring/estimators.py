"""scikit-learn's estimators, fitted in one thread and taken apart into numbers.

Only `scoring.training` imports this module: it loads scikit-learn and numpy.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from scoring.calibration import Calibration, IsotonicCalibration, SigmoidCalibration
from scoring.forms import Form, LinearForm, Tree, TreeForm
from scoring.model_card import Method

ISOTONIC_FROM = 1_000  # examples: below, isotonic regression overfits (Niculescu-Mizil, 2005)
Columns = Sequence[Sequence[float]]


def fit(method: Method, columns: Columns, outcomes: Sequence[bool], *, seed: int) -> Any:
    """Return a fitted estimator of scikit-learn."""
    estimator: Any
    if method is Method.LOGISTIC_REGRESSION:
        estimator = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=1_000)
    else:
        estimator = HistGradientBoostingClassifier(
            learning_rate=0.08,
            max_iter=100,
            max_leaf_nodes=15,
            min_samples_leaf=20,
            l2_regularization=1.0,
            early_stopping=False,  # it would set examples aside at random, not by time
            random_state=seed,
        )
    # Threads that wait for each other on busy cores were seen to take seventy times as long.
    with threadpool_limits(limits=1):
        estimator.fit(np.asarray(columns, dtype=float), np.asarray(outcomes, dtype=bool))
    return estimator


def take_apart(estimator: Any, columns: Columns) -> Form:
    """Return the numbers of a fitted estimator; `columns` are those it was fitted on."""
    if isinstance(estimator, LogisticRegression):
        return LinearForm(
            intercept=float(estimator.intercept_[0]),
            coefficients=tuple(estimator.coef_[0].tolist()),
            means=tuple(np.asarray(columns, dtype=float).mean(axis=0).tolist()),
        )
    base = estimator._baseline_prediction  # noqa: SLF001  # no public name; a test compares scores
    predictors = estimator._predictors  # noqa: SLF001  # likewise
    return TreeForm(
        base=float(np.asarray(base).ravel()[0]),
        trees=tuple(_tree(one.nodes) for [one] in predictors),
    )


def fit_calibration(log_odds: Sequence[float], outcomes: Sequence[bool]) -> Calibration:
    """Return the calibration of log-odds that were predicted for examples not trained on."""
    x, y = np.asarray(log_odds, dtype=float), np.asarray(outcomes, dtype=float)
    if len(outcomes) < ISOTONIC_FROM:
        platt = LogisticRegression(C=np.inf, solver="lbfgs", max_iter=1_000)
        with threadpool_limits(limits=1):
            platt.fit(x.reshape(-1, 1), y > 0)
        return SigmoidCalibration(float(platt.coef_[0][0]), float(platt.intercept_[0]))
    # A finite sample makes nobody certain: the share of one in all examples is kept from 0 and 1.
    least = 1 / (len(outcomes) + 2)
    line = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(x, y)
    return IsotonicCalibration(
        tuple(line.X_thresholds_.tolist()), tuple(line.y_thresholds_.tolist())
    )


def _tree(nodes: Any) -> Tree:
    """Return a tree of scikit-learn with the mean value of its training examples at each node."""
    is_leaf = nodes["is_leaf"].astype(bool)
    value = nodes["value"].tolist()
    left, right, count = (nodes[name].tolist() for name in ("left", "right", "count"))
    for node in reversed(range(len(value))):  # children stand behind their parent
        if not is_leaf[node]:
            a, b = left[node], right[node]
            value[node] = (value[a] * count[a] + value[b] * count[b]) / (count[a] + count[b])
    return Tree(
        feature=tuple(np.where(is_leaf, -1, nodes["feature_idx"]).tolist()),
        threshold=tuple(np.where(is_leaf, 0.0, nodes["num_threshold"]).tolist()),
        left=tuple(left),
        right=tuple(right),
        value=tuple(value),
    )
