"""Which fields a model may use, and how they are encoded; learned from the training examples only.

What a field holds is found in its values, not in its name. Every field that is left out is named
with the reason.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, pstdev, quantiles
from typing import Final

from scoring.encoding import (
    CategoryEncoding,
    Encoding,
    FieldEncoding,
    NumberEncoding,
    signed_log,
)
from scoring.examples import Example, Value, category_of, is_missing, number_of

_PERCENT: Final = 100
_TENTHS: Final = 10


class ExclusionReason(StrEnum):
    """Why a model does not use a field."""

    WRITTEN_LATER = "WRITTEN_LATER"  # declared as written after the outcome
    FILLED_IN_ONE_CLASS = "FILLED_IN_ONE_CLASS"  # suspicion: its being filled tells the outcome
    CHANGED_IN_ONE_CLASS = "CHANGED_IN_ONE_CLASS"  # suspicion: so does another than its usual value
    FILLED_WITH_LATER = "FILLED_WITH_LATER"  # suspicion: filled together with one written later
    PREDICTS_ALONE = "PREDICTS_ALONE"  # suspicion: it ranks leads by itself too well
    CONSTANT = "CONSTANT"  # nearly all examples have the same value
    TOO_MANY_VALUES = "TOO_MANY_VALUES"  # free text or numbers of documents
    MIXED_KINDS = "MIXED_KINDS"  # texts in some examples, numbers in others


@dataclass(frozen=True)
class ExcludedField:
    """A field that a model does not use.

    `note` is the reason that was declared, or the field that is filled together with it; `measure`
    what was found: the share or the AUC of a suspicion, the share of the usual value, or the number
    of different values.
    """

    field: str
    reason: ExclusionReason
    measure: float | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class FeatureSettings:
    """When a value has a column of its own.

    A category with fewer examples than `minimum_count` is rare; at most `maximum_values` of a field
    have columns. Texts are dropped where these cover less than `minimum_cover` of the filled ones.
    """

    minimum_count: int = 20
    maximum_values: int = 50
    minimum_cover: float = 0.5


@dataclass(frozen=True)
class LearnedFeatures:
    """The encoding of the fields that are used, and those that are not."""

    encoding: Encoding
    excluded: tuple[ExcludedField, ...]


def fields_of(examples: Sequence[Example]) -> list[str]:
    """Return the names of all fields of any example, sorted."""
    return sorted({name for one in examples for name in one.fields})


def learn_features(
    examples: Sequence[Example], names: Sequence[str], settings: FeatureSettings
) -> LearnedFeatures:
    """Learn how to encode these fields; fields that tell nothing are left out and named."""
    encodings: list[FieldEncoding] = []
    excluded: list[ExcludedField] = []
    for name in names:
        found = _learn_field(name, examples, settings)
        if isinstance(found, ExcludedField):
            excluded.append(found)
        else:
            encodings.append(found)
    return LearnedFeatures(Encoding(tuple(encodings)), tuple(excluded))


def _learn_field(
    name: str, examples: Sequence[Example], settings: FeatureSettings
) -> FieldEncoding | ExcludedField:
    values: list[Value] = [one.fields.get(name) for one in examples]
    categories = Counter(c for value in values if (c := category_of(value)) is not None)
    numbers = [
        number
        for one, value in zip(examples, values, strict=True)
        if (number := number_of(value, one.at)) is not None
    ]
    missing = sum(is_missing(value) for value in values)
    if categories and numbers:
        return ExcludedField(name, ExclusionReason.MIXED_KINDS, float(len(numbers)))
    if numbers:
        usual = max(missing, max(Counter(numbers).values()))
    else:
        usual = max(missing, max(categories.values(), default=0))
    if len(examples) - usual < settings.minimum_count:
        return ExcludedField(name, ExclusionReason.CONSTANT, usual / len(examples))
    return _learn_number(name, numbers) if numbers else _learn_category(name, categories, settings)


def _learn_category(
    name: str, categories: Mapping[str, int], settings: FeatureSettings
) -> FieldEncoding | ExcludedField:
    frequent = [c for c, count in categories.items() if count >= settings.minimum_count]
    frequent.sort(key=lambda one: (-categories[one], one))
    kept = frequent[: settings.maximum_values]
    covered = sum(categories[one] for one in kept)
    if covered < settings.minimum_cover * sum(categories.values()):
        return ExcludedField(name, ExclusionReason.TOO_MANY_VALUES, float(len(categories)))
    return CategoryEncoding(name, tuple(kept))


def _learn_number(name: str, numbers: Sequence[float]) -> NumberEncoding:
    percentiles = _quantiles(numbers, _PERCENT)
    low, fill, high = percentiles[0], percentiles[_PERCENT // 2 - 1], percentiles[-1]
    if low == high:  # rarer values than 1 in 100 differ
        low, high = min(numbers), max(numbers)
    held = [min(max(number, low), high) for number in numbers]
    logs = [signed_log(number) for number in held]
    return NumberEncoding(
        field=name,
        low=low,
        high=high,
        fill=fill,
        mean=fmean(held),
        spread=pstdev(held) or 1.0,
        log_mean=fmean(logs),
        log_spread=pstdev(logs) or 1.0,
        edges=tuple(sorted(set(_quantiles(numbers, _TENTHS)))),
    )


def _quantiles(numbers: Sequence[float], parts: int) -> list[float]:
    """Return the cuts between equal parts; those of one number are itself."""
    if len(numbers) == 1:
        return [math.fsum(numbers)] * (parts - 1)
    return quantiles(numbers, n=parts, method="inclusive")
