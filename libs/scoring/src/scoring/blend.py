"""One score from 0 to 100 out of the attribute, the behavior and the intelligent score.

The score is the mean of its parts by their weights. A part that is absent (no model has been
trained yet) takes no weight: the others share it as their weights say. The arithmetic is exact
until the one rounding, half up to two places.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

FULL_SCORE: Final = 100
_HUNDREDTHS: Final = 100


class ScorePart(StrEnum):
    """What a score is made of."""

    ATTRIBUTE = "ATTRIBUTE"  # who the lead is: points of a decision table
    BEHAVIOR = "BEHAVIOR"  # what the lead does
    INTELLIGENT = "INTELLIGENT"  # what became of leads like it


@dataclass(frozen=True)
class BlendedScore:
    """A score from 0 to 100 with two places, None without any part.

    `shares` say how much of it each present part gave; they sum to the score.
    """

    score: Decimal | None
    shares: Mapping[ScorePart, Decimal]


def to_scale(points: Decimal, full: Decimal) -> Decimal:
    """Return points as a part from 0 to 100, where `full` points or more are 100.

    Points below 0 are 0. Rounds half up to two places. Raises ValueError unless `full` is above 0.
    """
    if not full > 0:
        raise ValueError("full points must be above 0")
    share = Fraction(points) / Fraction(full) * FULL_SCORE
    return _to_decimal(_to_hundredths(min(max(share, Fraction(0)), Fraction(FULL_SCORE))))


def blend(
    parts: Mapping[ScorePart, Decimal | None], weights: Mapping[ScorePart, Decimal]
) -> BlendedScore:
    """Return the mean of the present parts by weight; a part without a weight counts nothing.

    Raises ValueError for a part outside 0 to 100 and for a negative weight.
    """
    present = {part: Fraction(value) for part, value in parts.items() if value is not None}
    if any(not 0 <= value <= FULL_SCORE for value in present.values()):
        raise ValueError("a part must be from 0 to 100")
    if any(weight < 0 for weight in weights.values()):
        raise ValueError("a weight must be at least 0")
    weighed = {part: Fraction(weights.get(part, Decimal(0))) for part in sorted(present)}
    total = sum(weighed.values())
    if not total:
        return BlendedScore(None, {})
    exact = {part: present[part] * weight / total for part, weight in weighed.items()}
    hundredths = _to_hundredths(sum(exact.values(), Fraction(0)))
    return BlendedScore(_to_decimal(hundredths), _largest_remainder(exact, hundredths))


def _largest_remainder(
    exact: Mapping[ScorePart, Fraction], hundredths: int
) -> dict[ScorePart, Decimal]:
    """Round the shares so that they sum to the score: the largest remainders are rounded up."""
    floors = {part: int(share * _HUNDREDTHS) for part, share in exact.items()}
    by_remainder = sorted(exact, key=lambda part: floors[part] - exact[part] * _HUNDREDTHS)
    for part in by_remainder[: hundredths - sum(floors.values())]:
        floors[part] += 1
    return {part: _to_decimal(floor) for part, floor in floors.items()}


def _to_hundredths(value: Fraction) -> int:
    """Round half up; values are not negative."""
    return int(value * _HUNDREDTHS + Fraction(1, 2))


def _to_decimal(hundredths: int) -> Decimal:
    return (Decimal(hundredths) / _HUNDREDTHS).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
