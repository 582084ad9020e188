"""Leads whose outcome is known, with the fields they had when they would have been scored.

Fields are those of the tenant, by their names; no name means anything to this library. A value is a
text (a category), a number, a boolean, a date, an instant with a time zone, or None.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from kernel.errors import RuleBroken

Value = str | int | float | Decimal | bool | date | datetime | None
Fields = Mapping[str, Value]
SECONDS_A_DAY: Final = 86_400


@dataclass(frozen=True)
class Example:
    """A lead that was won (converted) or lost, as it was known at an instant.

    `fields` are the snapshot of that instant: a value that was written later lets the model see the
    future. `at` has a time zone; it orders examples, and dates count as days before it.
    """

    at: datetime
    fields: Fields
    is_won: bool


@dataclass(frozen=True)
class ClassCounts:
    """How many examples were won and lost."""

    won: int
    lost: int

    @property
    def total(self) -> int:
        return self.won + self.lost


class TooFewExamples(RuleBroken):
    """There are fewer examples of a class than a model needs; code SCORING_TOO_FEW_EXAMPLES.

    `won` and `lost` count the examples there are, `needed` is the number that each must reach.
    """

    def __init__(self, counts: ClassCounts, needed: int) -> None:
        super().__init__(
            "SCORING_TOO_FEW_EXAMPLES", won=counts.won, lost=counts.lost, needed=needed
        )


def count_classes(examples: Sequence[Example]) -> ClassCounts:
    """Return how many examples were won and lost."""
    won = sum(one.is_won for one in examples)
    return ClassCounts(won, len(examples) - won)


def ensure_enough(examples: Sequence[Example], needed: int) -> ClassCounts:
    """Return the counts. Raises TooFewExamples where won or lost are fewer than needed."""
    counts = count_classes(examples)
    if min(counts.won, counts.lost) < needed:
        raise TooFewExamples(counts, needed)
    return counts


def is_missing(value: Value) -> bool:
    """Whether a field has no value: None, or a text of blanks."""
    return value is None or (isinstance(value, str) and not value.strip())


def category_of(value: Value) -> str | None:
    """Return a text or boolean as a category; None for what is missing, a number or a date."""
    if is_missing(value) or not isinstance(value, str | bool):
        return None
    return str(value).strip()


def number_of(value: Value, at: datetime) -> float | None:
    """Return a number, or the days from a date to `at`; None for what is missing or neither.

    Raises TypeError for an instant without a time zone.
    """
    if isinstance(value, datetime):
        return (at - value).total_seconds() / SECONDS_A_DAY
    if isinstance(value, date):
        return float((at.date() - value).days)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = float(value)
    return number if math.isfinite(number) else None
