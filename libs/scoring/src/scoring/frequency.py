"""A small score that explains itself, for tenants with too few examples for a learned model.

It is the naive Bayes classifier over categories with additive smoothing (T. Mitchell, "Machine
Learning", chapter 6), as Odoo's predictive lead scoring has it: the share of won leads, times for
each value how often won leads have it; the same for lost leads; the first over the sum of both.

    won / (won + lost) * product of (won with value + 0.1) / (won with any value + 0.1 * values)

All arithmetic is exact (Fraction); only a percentage is rounded. Fields are taken to be
independent, so fields that say the same count twice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Final, Self

from scoring.examples import ClassCounts, Example, Fields, category_of, ensure_enough

MINIMUM_EXAMPLES: Final = 20  # won, and as many lost: fewer say little, each weighs 5 % already
SMOOTHING: Final = Fraction(1, 10)
FORMAT: Final = 1
_EVEN: Final = Fraction(1)


@dataclass(frozen=True)
class ValueEvidence:
    """A value of a lead; won leads have it `ratio` times as often as lost ones."""

    field: str
    value: str
    ratio: Fraction


@dataclass(frozen=True)
class FrequencyScore:
    """The probability to be won, exact, with the evidence of each field, strongest first."""

    probability: Fraction
    evidence: tuple[ValueEvidence, ...]

    @property
    def percent(self) -> Decimal:
        """The probability from 0 to 100, rounded half up to two places."""
        hundredths = int(self.probability * 10_000 + Fraction(1, 2))
        return (Decimal(hundredths) / 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class FrequencyModel:
    """Counts of won and lost leads: of all, and with each value of each field."""

    counts: ClassCounts
    fields: Mapping[str, Mapping[str, ClassCounts]]

    def score(self, fields: Fields, *, smoothing: Fraction = SMOOTHING) -> FrequencyScore:
        """Return how likely a lead with these fields is won.

        Missing values, values that no example had, and fields unknown to the model say nothing.
        Without smoothing, a value that nobody lost makes any lead certain.
        """
        won, lost = Fraction(self.counts.won), Fraction(self.counts.lost)
        evidence = []
        for field, values in self.fields.items():
            value = category_of(fields.get(field))
            if value is None or value not in values:
                continue
            of_won, of_lost = _shares(values, value, smoothing)
            won, lost = won * of_won, lost * of_lost
            if of_lost:
                evidence.append(ValueEvidence(field, value, of_won / of_lost))
        evidence.sort(key=lambda one: -max(one.ratio, _inverse(one.ratio)))
        both = won + lost
        return FrequencyScore(won / both if both else Fraction(1, 2), tuple(evidence))

    def to_json(self) -> dict[str, Any]:
        """Return the model as JSON values."""
        return {
            "format": FORMAT,
            "won": self.counts.won,
            "lost": self.counts.lost,
            "fields": {
                field: {value: [one.won, one.lost] for value, one in values.items()}
                for field, values in self.fields.items()
            },
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises ValueError for another format."""
        if document.get("format") != FORMAT:
            raise ValueError(f"unknown format of a frequency model: {document.get('format')}")
        fields = {
            field: {value: ClassCounts(*counts) for value, counts in values.items()}
            for field, values in document["fields"].items()
        }
        return cls(ClassCounts(document["won"], document["lost"]), fields)


def learn_frequencies(
    examples: Sequence[Example], fields: Iterable[str], *, minimum: int = MINIMUM_EXAMPLES
) -> FrequencyModel:
    """Count the values of these fields. Raises TooFewExamples below the minimum of a class."""
    counts = ensure_enough(examples, minimum)
    return FrequencyModel(counts, {field: _count(examples, field) for field in fields})


def _count(examples: Iterable[Example], field: str) -> dict[str, ClassCounts]:
    won: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for one in examples:
        value = category_of(one.fields.get(field))
        if value is not None:
            (won if one.is_won else lost)[value] += 1
    return {value: ClassCounts(won[value], lost[value]) for value in sorted(won | lost)}


def _shares(
    values: Mapping[str, ClassCounts], value: str, smoothing: Fraction
) -> tuple[Fraction, Fraction]:
    """Return how often won leads and lost leads have the value, among those with any."""
    room = smoothing * len(values)
    won = sum(one.won for one in values.values()) + room
    lost = sum(one.lost for one in values.values()) + room
    found = values[value]
    return _part(found.won + smoothing, won), _part(found.lost + smoothing, lost)


def _part(count: Fraction, total: Fraction) -> Fraction:
    """Return a share; 1 of nothing, which is no evidence."""
    return count / total if total else _EVEN


def _inverse(ratio: Fraction) -> Fraction:
    return 1 / ratio if ratio else ratio
