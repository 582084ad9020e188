"""How the fields of a lead become numbers for a model, learned from the training examples only.

A category becomes one column for each frequent value, one for all rare or new values, and one for
"missing"; a number two columns (its distance from the mean, plainly and by its logarithm) and one
for "missing". Plain Python, so that training and scoring encode with the same code.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Self

from scoring.examples import Fields, Value, category_of, number_of


@dataclass(frozen=True)
class CategoryEncoding:
    """A field of texts or booleans; `values` are those with a column of their own."""

    field: str
    values: tuple[str, ...]
    kind: ClassVar[str] = "CATEGORY"

    @property
    def width(self) -> int:
        """The number of columns: each value, the others, and missing."""
        return len(self.values) + 2

    @property
    def bins(self) -> int:
        """The number of groups whose shares are watched for drift."""
        return self.width

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {value: place for place, value in enumerate(self.values)}

    def bin_of(self, value: Value, _: datetime) -> int:
        """Return the group of a value; a number or date in this field is missing."""
        category = category_of(value)
        if category is None:
            return len(self.values) + 1
        return self._places.get(category, len(self.values))

    def encode(self, value: Value, at: datetime) -> list[float]:
        """Return the columns of a value: all 0 but that of its group."""
        columns = [0.0] * self.width
        columns[self.bin_of(value, at)] = 1.0
        return columns


@dataclass(frozen=True, kw_only=True)
class NumberEncoding:
    """A field of numbers or dates.

    Values are held between `low` and `high`, the percentiles 1 and 99 of the training examples;
    `fill` (their median) stands for a missing one. `mean` and `spread` are those of the held
    values, `log_mean` and `log_spread` those of their logarithms. `edges` cut the groups.
    """

    field: str
    low: float
    high: float
    fill: float
    mean: float
    spread: float
    log_mean: float
    log_spread: float
    edges: tuple[float, ...]
    kind: ClassVar[str] = "NUMBER"

    @property
    def width(self) -> int:
        """The number of columns: the number, its logarithm, and missing."""
        return 3

    @property
    def bins(self) -> int:
        """The number of groups whose shares are watched for drift, missing among them."""
        return len(self.edges) + 2

    def bin_of(self, value: Value, at: datetime) -> int:
        """Return the group of a value; a text or boolean in this field is missing."""
        number = number_of(value, at)
        return len(self.edges) + 1 if number is None else bisect_right(self.edges, number)

    def encode(self, value: Value, at: datetime) -> list[float]:
        """Return the columns of a value."""
        number = number_of(value, at)
        held = min(max(self.fill if number is None else number, self.low), self.high)
        return [
            (held - self.mean) / self.spread,
            (signed_log(held) - self.log_mean) / self.log_spread,
            float(number is None),
        ]


FieldEncoding = CategoryEncoding | NumberEncoding


@dataclass(frozen=True)
class Encoding:
    """The encodings of all fields that a model uses, in the order of their columns."""

    fields: tuple[FieldEncoding, ...]

    @property
    def width(self) -> int:
        """The number of columns of a lead."""
        return sum(one.width for one in self.fields)

    def encode(self, fields: Fields, at: datetime) -> list[float]:
        """Return the columns of a lead as it is known at an instant."""
        columns: list[float] = []
        for one in self.fields:
            columns += one.encode(fields.get(one.field), at)
        return columns

    def by_field(self, of_columns: Sequence[float]) -> dict[str, float]:
        """Sum one number for each column by field."""
        sums: dict[str, float] = {}
        start = 0
        for one in self.fields:
            sums[one.field] = math.fsum(of_columns[start : start + one.width])
            start += one.width
        return sums

    def to_json(self) -> list[dict[str, Any]]:
        """Return the encoding as JSON values."""
        return [{"kind": one.kind, **asdict(one)} for one in self.fields]

    @classmethod
    def from_json(cls, document: Sequence[Mapping[str, Any]]) -> Self:
        """Read what `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(tuple(_field_from_json(one) for one in document))


def signed_log(number: float) -> float:
    """Return log(1 + |x|) with the sign of x: 0 at 0, and defined for negative numbers."""
    return math.copysign(math.log1p(abs(number)), number)


def _field_from_json(document: Mapping[str, Any]) -> FieldEncoding:
    if document["kind"] == CategoryEncoding.kind:
        return CategoryEncoding(str(document["field"]), tuple(map(str, document["values"])))
    if document["kind"] != NumberEncoding.kind:
        raise ValueError(f"unknown kind of field: {document['kind']}")
    names = ("low", "high", "fill", "mean", "spread", "log_mean", "log_spread")
    numbers = {name: finite(document[name]) for name in names}
    if not (numbers["spread"] > 0 and numbers["log_spread"] > 0):
        raise ValueError("a spread must be above 0")
    edges = tuple(finite(edge) for edge in document["edges"])
    return NumberEncoding(field=str(document["field"]), edges=edges, **numbers)


def finite(value: Any) -> float:
    """Return a JSON number as a float. Raises ValueError for anything else, and for NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"not a finite number: {value!r}")
    return float(value)
