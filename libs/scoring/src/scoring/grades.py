"""Grades of a score, which do not flap when the score moves around a threshold.

A grade rises as soon as its threshold is reached, and falls only when the score is more than the
margin below (hysteresis, as of a thermostat). While a score only falls, the grade does not depend
on how often it is computed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Grade(StrEnum):
    """How good a lead is; A is handled first."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"

    @property
    def rank(self) -> int:
        """The place in a list sorted by grade: 1 for A, 4 for D."""
        return list(Grade).index(self) + 1


@dataclass(frozen=True)
class GradeRules:
    """From which score a lead has a grade (D has no threshold), and the margin of a fall.

    Raises ValueError unless A, B and C have thresholds that fall from A to C, and for a negative
    margin.
    """

    thresholds: Mapping[Grade, Decimal]
    margin: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if set(self.thresholds) != {Grade.A, Grade.B, Grade.C}:
            raise ValueError("A, B and C have thresholds")
        if not self.thresholds[Grade.A] > self.thresholds[Grade.B] > self.thresholds[Grade.C]:
            raise ValueError("thresholds must fall from A to C")
        if self.margin < 0:
            raise ValueError("the margin must be at least 0")


def grade(rules: GradeRules, score: Decimal, previous: Grade | None = None) -> Grade:
    """Return the grade of a score, which keeps `previous` within the margin below its threshold."""
    reached = _highest(rules, score)
    if previous is None or reached.rank <= previous.rank:
        return reached
    kept = _highest(rules, score + rules.margin)
    return max(previous, kept, key=lambda one: one.rank)


def falls_at(rules: GradeRules, current: Grade) -> Decimal | None:
    """Return the score below which a grade falls; None for D, which is the last."""
    return None if current is Grade.D else rules.thresholds[current] - rules.margin


def _highest(rules: GradeRules, score: Decimal) -> Grade:
    """Return the best grade whose threshold is reached."""
    return next(one for one in Grade if score >= rules.thresholds.get(one, score))
