"""Strategies of hypothesis: conditions over small domains, and all facts of these domains."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain, combinations, product
from typing import Any

from hypothesis import strategies as st

from libs.rules.tests.rule_samples import SCHEMA
from rules.conditions import (
    OPERATORS,
    WITH_VALUES,
    WITHOUT_VALUE,
    Comparison,
    Condition,
    Conjunction,
    Disjunction,
    Negation,
    Operator,
)

DAY, INSTANT = date(2026, 2, 27), datetime(2026, 11, 30, tzinfo=UTC)
ONE_DAY, ONE_TICK = timedelta(days=1), timedelta(microseconds=1)


def lists_of(*elements: str) -> list[list[str]]:
    """All lists of some elements, in one order."""
    sizes = range(len(elements) + 1)
    return [list(each) for each in chain(*(combinations(elements, size) for size in sizes))]


# The constants that conditions name, by field.
CONSTANTS: dict[str, list[Any]] = {
    "company": ["a", "ab", "b"],
    "industry": ["BANK", "RETAIL", "STEEL"],
    "budget": [Decimal(0), Decimal(1), Decimal("1.5"), Decimal(2)],
    "visits": [0, 1, 3, 4],
    "consent": [True, False],
    "founded": [DAY, DAY + ONE_DAY, DAY + 3 * ONE_DAY],
    "seen_at": [INSTANT, INSTANT + ONE_TICK, INSTANT + 3 * ONE_TICK],
    "words": ["x", "y"],
    "tags": ["VIP", "COLD", "PRESS"],
}
# Values that differ for these constants in every way that values can.
DOMAINS: dict[str, list[Any]] = {
    "company": ["".join(each) for size in range(4) for each in product("abc", repeat=size)],
    "industry": ["BANK", "RETAIL", "STEEL"],
    "budget": [Decimal(n) / 4 for n in range(-1, 10)],
    "visits": list(range(-1, 6)),
    "consent": [True, False],
    "founded": [DAY + n * ONE_DAY for n in range(-1, 5)],
    "seen_at": [INSTANT + n * ONE_TICK for n in range(-1, 5)],
    "words": lists_of("x", "y", "z"),
    "tags": lists_of("VIP", "COLD", "PRESS"),
}


def all_facts(names: Sequence[str]) -> list[dict[str, Any]]:
    """All combinations of values of some fields, unknown ones included."""
    values = [[None, *DOMAINS[name]] for name in names]
    return [dict(zip(names, each, strict=True)) for each in product(*values)]


@st.composite
def comparisons(draw: st.DrawFn, names: Sequence[str]) -> Comparison:
    """Comparisons of some fields with their constants."""
    name = draw(st.sampled_from(names))
    operator = draw(st.sampled_from(OPERATORS[SCHEMA.fields[name].type]))
    constants = st.sampled_from(CONSTANTS[name])
    if operator in WITHOUT_VALUE:
        return Comparison(name, operator)
    if operator in WITH_VALUES:
        values = draw(st.lists(constants, min_size=1, max_size=3, unique=True))
        return Comparison(name, operator, tuple(values))
    if operator is Operator.BETWEEN:
        ends = sorted(draw(st.tuples(constants, constants)))
        return Comparison(name, operator, tuple(ends))
    return Comparison(name, operator, draw(constants))


def conditions(names: Sequence[str] = tuple(CONSTANTS)) -> st.SearchStrategy[Condition]:
    """Conditions of any shape over some fields."""

    def groups(below: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        return st.one_of(
            st.lists(below, max_size=3).map(lambda each: Conjunction(tuple(each))),
            st.lists(below, min_size=1, max_size=3).map(lambda each: Disjunction(tuple(each))),
            below.map(Negation),
        )

    nested: st.SearchStrategy[Condition] = st.recursive(comparisons(names), groups, max_leaves=5)
    return nested.filter(lambda condition: depth(condition) <= 6)


def depth(condition: Condition) -> int:
    """How deep a condition nests."""
    if isinstance(condition, Comparison):
        return 1
    below = (condition.condition,) if isinstance(condition, Negation) else condition.conditions
    return 1 + max(map(depth, below), default=0)
