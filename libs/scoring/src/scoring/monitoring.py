"""Whether a model still fits: do leads look as they did in training, and do grades hold?"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from scoring.encoding import Encoding
from scoring.examples import Fields
from scoring.grades import Grade
from scoring.metrics import Interval, wilson_interval

BANDS: Final = 10  # of probabilities, of equal width
_LEAST_SHARE: Final = 1e-4  # an empty group would make the index infinite


@dataclass(frozen=True)
class FieldProfile:
    """How many leads fall into each group of a field's values, in the order of its encoding."""

    field: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class FieldDrift:
    """How far the values of a field have moved: `index` 0 for not at all.

    As a rule of thumb, up to 0.1 is no change and from 0.25 on a large one.
    """

    field: str
    index: float


@dataclass(frozen=True)
class GradeOutcome:
    """What became of the leads of a grade: how many, how many won, the share with its interval."""

    grade: Grade
    leads: int
    won: int
    share: float
    interval: Interval


@dataclass(frozen=True)
class GradeComparison:
    """Whether a grade converts more than the next one that has leads.

    `difference` of their shares, with the interval that holds the true one with 95 % confidence.
    """

    better: Grade
    worse: Grade
    difference: float
    interval: Interval

    @property
    def is_certain(self) -> bool:
        """Whether the better grade converts more, beyond chance."""
        return self.interval.low > 0


@dataclass(frozen=True)
class GradingAccuracy:
    """The outcomes of the grades that have leads, best first, each compared with the next."""

    outcomes: tuple[GradeOutcome, ...]
    comparisons: tuple[GradeComparison, ...]


def profile_fields(
    encoding: Encoding, leads: Iterable[tuple[Fields, datetime]]
) -> tuple[FieldProfile, ...]:
    """Count the leads in each group of each field, as known at their instants."""
    known = list(leads)
    profiles = []
    for one in encoding.fields:
        found = Counter(one.bin_of(fields.get(one.field), at) for fields, at in known)
        profiles.append(FieldProfile(one.field, tuple(found[group] for group in range(one.bins))))
    return tuple(profiles)


def profile_scores(probabilities: Iterable[float]) -> tuple[int, ...]:
    """Count probabilities in ten bands of equal width."""
    found = Counter(min(int(one * BANDS), BANDS - 1) for one in probabilities)
    return tuple(found[band] for band in range(BANDS))


def stability_index(expected: Sequence[int], actual: Sequence[int]) -> float:
    """Return the population stability index of counts in the same groups.

    PSI = sum of (a - e) * ln(a / e) over the shares (N. Siddiqi, "Credit Risk Scorecards", 2006);
    an empty group counts as 0.0001. Raises ValueError without leads or for other groups.
    """
    if len(expected) != len(actual) or not sum(expected) or not sum(actual):
        raise ValueError("both profiles need leads in the same groups")
    pairs = zip(_shares(expected), _shares(actual), strict=True)
    return math.fsum((a - e) * math.log(a / e) for e, a in pairs)


def drift(
    expected: Sequence[FieldProfile], actual: Sequence[FieldProfile]
) -> tuple[FieldDrift, ...]:
    """Compare the profiles of training and of now, which one encoding made; most moved first."""
    found = [
        FieldDrift(before.field, stability_index(before.counts, now.counts))
        for before, now in zip(expected, actual, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: -one.index))


def grading_accuracy(outcomes: Mapping[Grade, tuple[int, int]]) -> GradingAccuracy:
    """Compare grades by the leads of each and how many of them were won.

    Raises ValueError where more are won than there are.
    """
    if any(not 0 <= won <= leads for leads, won in outcomes.values()):
        raise ValueError("at most all leads of a grade are won")
    found = tuple(
        GradeOutcome(grade, leads, won, won / leads, wilson_interval(won, leads))
        for grade in Grade
        for leads, won in (outcomes.get(grade, (0, 0)),)
        if leads
    )
    comparisons = tuple(_compare(a, b) for a, b in pairwise(found))
    return GradingAccuracy(found, comparisons)


def _compare(better: GradeOutcome, worse: GradeOutcome) -> GradeComparison:
    """Return the difference with its interval (R. Newcombe, Statistics in Medicine 17, 1998)."""
    difference = better.share - worse.share
    down = math.hypot(better.share - better.interval.low, worse.interval.high - worse.share)
    up = math.hypot(better.interval.high - better.share, worse.share - worse.interval.low)
    interval = Interval(difference - down, difference + up)
    return GradeComparison(better.grade, worse.grade, difference, interval)


def _shares(counts: Sequence[int]) -> list[float]:
    return [max(count / sum(counts), _LEAST_SHARE) for count in counts]
