"""How good predicted probabilities are: AUC, Brier score, log loss, calibration by decile.

Plain Python: a page that shows a model needs no numerical library.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

NORMAL_QUANTILE: Final = Decimal("1.959964")  # of 0.975: intervals hold 95 % of all samples
_LEAST: Final = 1e-15  # keeps the logarithm of a certain but wrong prediction finite


@dataclass(frozen=True)
class CalibrationBin:
    """Leads of like probability: their number, the mean that was predicted, the share won."""

    count: int
    predicted: float
    won: float


@dataclass(frozen=True)
class Quality:
    """Figures of predictions on leads that the model had not seen.

    `auc` from 0.5 (chance) to 1; `brier` and `log_loss` are the lower the better; `calibration`
    holds ten bins of equal numbers from the least to the most likely leads.
    """

    count: int
    won: int
    auc: float
    brier: float
    log_loss: float
    calibration: tuple[CalibrationBin, ...]


@dataclass(frozen=True)
class Interval:
    """A range that holds the true share with 95 % confidence."""

    low: float
    high: float


def quality_of(probabilities: Sequence[float], outcomes: Sequence[bool]) -> Quality:
    """Compare probabilities with outcomes. Raises ValueError unless both classes are present."""
    return Quality(
        count=len(outcomes),
        won=sum(outcomes),
        auc=roc_auc(probabilities, outcomes),
        brier=brier_score(probabilities, outcomes),
        log_loss=log_loss(probabilities, outcomes),
        calibration=calibration_by_decile(probabilities, outcomes),
    )


def roc_auc(scores: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Return how often a won lead is scored above a lost one; ties count half.

    The area under the ROC curve equals the statistic of Mann and Whitney (J. Hanley, B. McNeil,
    Radiology 143, 1982). Raises ValueError unless both classes are present.
    """
    won = sum(outcomes)
    lost = len(outcomes) - won
    if not won or not lost:
        raise ValueError("an AUC needs won and lost examples")
    ranks = sum(rank for rank, is_won in _ranks(scores, outcomes) if is_won)
    return (ranks - won * (won + 1) / 2) / (won * lost)


def brier_score(probabilities: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Return the mean squared error of probabilities (G. Brier, 1950); 0.25 is that of a coin."""
    return math.fsum((p - y) ** 2 for p, y in _pairs(probabilities, outcomes)) / len(outcomes)


def log_loss(probabilities: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Return the mean negative logarithm of what was predicted for the outcome."""
    losses = (
        -math.log(min(max(p if y else 1 - p, _LEAST), 1))
        for p, y in _pairs(probabilities, outcomes)
    )
    return math.fsum(losses) / len(outcomes)


def calibration_by_decile(
    probabilities: Sequence[float], outcomes: Sequence[bool], *, bins: int = 10
) -> tuple[CalibrationBin, ...]:
    """Return bins of equal numbers by rising probability; fewer where there are fewer leads."""
    pairs = sorted(_pairs(probabilities, outcomes))
    cuts = [len(pairs) * n // bins for n in range(bins + 1)]
    parts = [pairs[a:b] for a, b in pairwise(cuts) if b > a]
    return tuple(
        CalibrationBin(
            count=len(part),
            predicted=_mean([p for p, _ in part]),
            won=sum(y for _, y in part) / len(part),
        )
        for part in parts
    )


def _mean(ascending: Sequence[float]) -> float:
    """Return the mean, which rounding never moves beyond the least and the greatest value."""
    mean = math.fsum(ascending) / len(ascending)
    return min(max(mean, ascending[0]), ascending[-1])


def wilson_interval(successes: int, trials: int) -> Interval:
    """Return the 95 % interval of a share as `wilson_bounds` does; 0 to 1 without trials."""
    if not trials:
        return Interval(0.0, 1.0)
    low, high = wilson_bounds(successes, trials)
    return Interval(float(low), float(high))


def wilson_bounds(successes: int, sample: int) -> tuple[Decimal, Decimal]:
    """Return the score interval of a share, from 0 to 1.

    With p = successes / n and the quantile z it is
    (p + z²/2n ± z·sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n): E. B. Wilson, "Probable inference, the
    law of succession, and statistical inference", JASA 22 (1927), 209-212. Unlike the usual one it
    stays within 0 and 1, also for small samples and rare outcomes.
    """
    share, n, z = Decimal(successes) / sample, Decimal(sample), NORMAL_QUANTILE
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    margin = z * (share * (1 - share) / n + z * z / (4 * n * n)).sqrt() / scale
    # Of no or only successes one end is exactly the share itself, but for rounding.
    low = Decimal(0) if successes == 0 else centre - margin
    high = Decimal(1) if successes == sample else centre + margin
    return low, high


def _pairs(
    probabilities: Sequence[float], outcomes: Sequence[bool]
) -> Iterator[tuple[float, bool]]:
    return zip(probabilities, outcomes, strict=True)


def _ranks(scores: Sequence[float], outcomes: Sequence[bool]) -> Iterator[tuple[float, bool]]:
    """Return each example's rank from 1 on with its outcome; equal scores share their mean rank."""
    pairs = sorted(_pairs(scores, outcomes))
    start = 0
    while start < len(pairs):
        end = start
        while end < len(pairs) and pairs[end][0] == pairs[start][0]:
            end += 1
        yield from (((start + 1 + end) / 2, is_won) for _, is_won in pairs[start:end])
        start = end
