"""Conditions as data: comparisons of one field with constants, and groups of conditions.

A comparison of an unknown fact (None) is false, except for IS_EMPTY, NE and NOT_IN, which are true.
So NE is the complement of EQ and NOT_IN that of IN, but NONE_OF is not that of ANY_OF: a list that
is unknown has none of the three. A negation is true exactly where its condition is false, also
where that is so because a fact is unknown.

Texts are compared letter by letter, as they are stored. BETWEEN includes both of its ends. An empty
text and an empty list are empty, as an unknown fact is, but they are known: an empty list satisfies
NONE_OF.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from rules.fields import FactType


class Operator(StrEnum):
    """How a field is compared with the constants of a comparison."""

    EQ = "EQ"
    NE = "NE"
    IN = "IN"
    NOT_IN = "NOT_IN"
    GT = "GT"
    GTE = "GTE"
    LT = "LT"
    LTE = "LTE"
    BETWEEN = "BETWEEN"
    CONTAINS = "CONTAINS"
    STARTS_WITH = "STARTS_WITH"
    IS_EMPTY = "IS_EMPTY"
    IS_NOT_EMPTY = "IS_NOT_EMPTY"
    ANY_OF = "ANY_OF"
    ALL_OF = "ALL_OF"
    NONE_OF = "NONE_OF"


WITHOUT_VALUE: Final = frozenset({Operator.IS_EMPTY, Operator.IS_NOT_EMPTY})
WITH_VALUES: Final = frozenset(
    {Operator.IN, Operator.NOT_IN, Operator.ANY_OF, Operator.ALL_OF, Operator.NONE_OF}
)

_EQUALITY: Final = (Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN)
_EMPTINESS: Final = (Operator.IS_EMPTY, Operator.IS_NOT_EMPTY)
_ORDER: Final = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE, Operator.BETWEEN)
_ORDERED: Final = (*_EQUALITY, *_ORDER, *_EMPTINESS)
_LIST: Final = (Operator.ANY_OF, Operator.ALL_OF, Operator.NONE_OF, *_EMPTINESS)

OPERATORS: Final[Mapping[FactType, tuple[Operator, ...]]] = {
    FactType.TEXT: (*_EQUALITY, Operator.CONTAINS, Operator.STARTS_WITH, *_EMPTINESS),
    FactType.ENUM: (*_EQUALITY, *_EMPTINESS),
    FactType.DECIMAL: _ORDERED,
    FactType.INTEGER: _ORDERED,
    FactType.BOOLEAN: (Operator.EQ, Operator.NE, *_EMPTINESS),
    FactType.DATE: _ORDERED,
    FactType.INSTANT: _ORDERED,
    FactType.TEXT_LIST: _LIST,
    FactType.ENUM_LIST: _LIST,
}


@dataclass(frozen=True)
class Comparison:
    """A field compared with a constant.

    `value` is a typed constant; a tuple of them for IN, NOT_IN, ANY_OF, ALL_OF and NONE_OF; the
    pair of both ends for BETWEEN; None for IS_EMPTY and IS_NOT_EMPTY.
    """

    field: str
    operator: Operator
    value: Any = None


@dataclass(frozen=True)
class Conjunction:
    """All of several conditions; of none: always true."""

    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True)
class Disjunction:
    """At least one of several conditions; of none: never true."""

    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True)
class Negation:
    """The opposite of a condition."""

    condition: "Condition"


Condition = Comparison | Conjunction | Disjunction | Negation

ALWAYS: Final = Conjunction(())


def comparisons_of(condition: Condition) -> Iterator[Comparison]:
    """Yield every comparison of a condition, in its order."""
    if isinstance(condition, Comparison):
        yield condition
    elif isinstance(condition, Negation):
        yield from comparisons_of(condition.condition)
    else:
        for each in condition.conditions:
            yield from comparisons_of(each)
