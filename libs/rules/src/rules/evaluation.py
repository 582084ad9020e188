"""Evaluates rule sets: conditions become functions once, and are then applied to many records.

Facts are Python values by field name: str, Decimal, int, bool, date, aware datetime, a list of str,
or None for what is unknown; a field that is left out is unknown, too.
"""

import operator as python
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rules.conditions import (
    Comparison,
    Condition,
    Conjunction,
    Negation,
    Operator,
)
from rules.fact_values import Facts
from rules.rule_sets import HitPolicy, Row, RuleSet

ValueTest = Callable[[Any], bool]
FactTest = Callable[[Facts], bool]


@dataclass(frozen=True)
class GroupPoints:
    """What the rows of a group add up to, and how much of that counts under the group's cap."""

    earned: int
    counted: int


@dataclass(frozen=True)
class Decision:
    """What a rule set decides for a record.

    `rows` are the rows that count, in order: under FIRST at most one. `points` is the sum under
    SUM, made of `groups`; rows without a group are under None.
    """

    rows: tuple[Row, ...] = ()
    points: int = 0
    groups: Mapping[str | None, GroupPoints] | None = None

    @property
    def outcome(self) -> Mapping[str, Any] | None:
        """The outcome of the first row that counts; None if there is none."""
        return self.rows[0].outcome if self.rows else None

    @property
    def outcomes(self) -> tuple[Mapping[str, Any], ...]:
        """The outcomes of all rows that count, in order."""
        return tuple(row.outcome for row in self.rows)


class Evaluator:
    """A rule set made ready for many records; a disabled row never matches."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.rule_set = rule_set
        self._tests = [(fact_test(row.condition), row) for row in rule_set.rows if row.enabled]
        self._is_first = rule_set.hit_policy is HitPolicy.FIRST
        self._is_sum = rule_set.hit_policy is HitPolicy.SUM

    def decide(self, facts: Facts) -> Decision:
        """Return the decision for one record."""
        if self._is_first:
            for test, row in self._tests:
                if test(facts):
                    return Decision((row,))
            return Decision()
        rows = tuple([row for test, row in self._tests if test(facts)])
        return self._sum(rows) if self._is_sum else Decision(rows)

    def _sum(self, rows: tuple[Row, ...]) -> Decision:
        earned: defaultdict[str | None, int] = defaultdict(int)
        for row in rows:
            earned[row.group] += row.points
        caps = self.rule_set.caps
        groups = {
            group: GroupPoints(sum_, sum_ if group is None else min(sum_, caps.get(group, sum_)))
            for group, sum_ in earned.items()
        }
        return Decision(rows, sum(each.counted for each in groups.values()), groups)


def fact_test(condition: Condition) -> FactTest:
    """Return the function that says whether a condition is true for the facts of a record."""
    if isinstance(condition, Comparison):
        name, test = condition.field, value_test(condition)
        return lambda facts: test(facts.get(name))
    if isinstance(condition, Negation):
        inner = fact_test(condition.condition)
        return lambda facts: not inner(facts)
    is_all = isinstance(condition, Conjunction)
    if all(isinstance(each, Comparison) for each in condition.conditions):
        pairs = [
            (each.field, value_test(each))
            for each in condition.conditions
            if isinstance(each, Comparison)
        ]
        return _all_values(pairs) if is_all else _any_value(pairs)
    tests = [fact_test(each) for each in condition.conditions]
    return _all(tests) if is_all else _any(tests)


def value_test(comparison: Comparison) -> ValueTest:
    """Return the function that says whether a comparison is true for the value of its field."""
    return _TESTS[comparison.operator](comparison.value)


def _all(tests: list[FactTest]) -> FactTest:
    def test(facts: Facts) -> bool:
        for each in tests:  # noqa: SIM110  # all() of a generator takes twice as long
            if not each(facts):
                return False
        return True

    return test


def _any(tests: list[FactTest]) -> FactTest:
    def test(facts: Facts) -> bool:
        for each in tests:  # noqa: SIM110  # any() of a generator takes twice as long
            if each(facts):
                return True
        return False

    return test


def _all_values(pairs: list[tuple[str, ValueTest]]) -> FactTest:
    def test(facts: Facts) -> bool:
        for name, each in pairs:  # noqa: SIM110  # all() of a generator takes twice as long
            if not each(facts.get(name)):
                return False
        return True

    return test


def _any_value(pairs: list[tuple[str, ValueTest]]) -> FactTest:
    def test(facts: Facts) -> bool:
        for name, each in pairs:  # noqa: SIM110  # any() of a generator takes twice as long
            if each(facts.get(name)):
                return True
        return False

    return test


def _in(values: tuple[Any, ...]) -> ValueTest:
    return frozenset(values).__contains__  # None is no constant, so it is in no set


def _not_in(values: tuple[Any, ...]) -> ValueTest:
    known = frozenset(values)
    return lambda found: found not in known


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any], ValueTest]:
    """Return what makes tests of an order; an unknown value passes none."""

    def make(value: Any) -> ValueTest:
        return lambda found: found is not None and compare(found, value)

    return make


def _between(ends: tuple[Any, Any]) -> ValueTest:
    low, high = ends
    return lambda found: found is not None and low <= found <= high


def _contains(part: str) -> ValueTest:
    return lambda found: found is not None and part in found


def _starts_with(start: str) -> ValueTest:
    return lambda found: found is not None and found.startswith(start)


def _any_of(values: tuple[str, ...]) -> ValueTest:
    known = frozenset(values)
    return lambda found: found is not None and not known.isdisjoint(found)


def _all_of(values: tuple[str, ...]) -> ValueTest:
    known = frozenset(values)
    return lambda found: found is not None and known.issubset(found)


def _none_of(values: tuple[str, ...]) -> ValueTest:
    known = frozenset(values)
    return lambda found: found is not None and known.isdisjoint(found)


def _is_empty(found: Any) -> bool:
    return found in (None, "", [], ())


_TESTS: Final[Mapping[Operator, Callable[[Any], ValueTest]]] = {
    Operator.EQ: lambda value: _in((value,)),
    Operator.NE: lambda value: _not_in((value,)),
    Operator.IN: _in,
    Operator.NOT_IN: _not_in,
    Operator.GT: _compared(python.gt),
    Operator.GTE: _compared(python.ge),
    Operator.LT: _compared(python.lt),
    Operator.LTE: _compared(python.le),
    Operator.BETWEEN: _between,
    Operator.CONTAINS: _contains,
    Operator.STARTS_WITH: _starts_with,
    Operator.IS_EMPTY: lambda _: _is_empty,
    Operator.IS_NOT_EMPTY: lambda _: lambda found: not _is_empty(found),
    Operator.ANY_OF: _any_of,
    Operator.ALL_OF: _all_of,
    Operator.NONE_OF: _none_of,
}
