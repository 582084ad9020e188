"""Explains a decision: which rows matched, which lost and why, as data without texts."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kernel.json_pointers import child
from rules.conditions import Comparison, Condition, Conjunction, Negation, Operator
from rules.evaluation import Decision, Evaluator, fact_test, value_test
from rules.fact_values import Facts, json_value
from rules.rule_sets import HitPolicy, Row, RuleSet


class RowVerdict(StrEnum):
    """What became of a row for one record."""

    COUNTED = "COUNTED"  # it is the winner under FIRST, one of those that count otherwise
    MATCHED_LATER = "MATCHED_LATER"  # it matches, but an earlier row won
    NOT_MATCHED = "NOT_MATCHED"
    DISABLED = "DISABLED"


@dataclass(frozen=True)
class FailedComparison:
    """A comparison that kept a row from matching.

    `pointer` leads to it in the row's condition, `expected` and `found` are JSON. `negated` says
    that it is true, but stands below a negation that wants it false.
    """

    pointer: str
    field: str
    operator: Operator
    expected: Any
    found: Any
    negated: bool = False


@dataclass(frozen=True)
class RowExplanation:
    """What became of a row. `points` are those that the row adds before any cap.

    `failed` are all comparisons that were not as wanted: each of them where all must hold, and of
    alternatives that all failed every one.
    """

    row_id: str
    verdict: RowVerdict
    points: int = 0
    failed: tuple[FailedComparison, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """A decision with what became of each row, in order; `winner` is the row that won under FIRST.

    A row that is disabled is not evaluated.
    """

    decision: Decision
    rows: tuple[RowExplanation, ...]
    winner: str | None = None


def explain(rule_set: RuleSet, facts: Facts) -> Explanation:
    """Explain what a rule set decides for the facts of one record, and why."""
    decision = Evaluator(rule_set).decide(facts)
    counted = {row.id for row in decision.rows}
    rows = tuple(_row(row, facts, counted) for row in rule_set.rows)
    has_winner = rule_set.hit_policy is HitPolicy.FIRST and decision.rows
    return Explanation(decision, rows, decision.rows[0].id if has_winner else None)


def failed_comparisons(condition: Condition, facts: Facts) -> tuple[FailedComparison, ...]:
    """Return the comparisons that keep a condition from being true; none if it is true."""
    return tuple(_failed(condition, facts, "", wanted=True))


def _row(row: Row, facts: Facts, counted: set[str]) -> RowExplanation:
    if not row.enabled:
        return RowExplanation(row.id, RowVerdict.DISABLED)
    if row.id in counted:
        return RowExplanation(row.id, RowVerdict.COUNTED, row.points)
    failed = failed_comparisons(row.condition, facts)
    is_true = fact_test(row.condition)(facts)
    verdict = RowVerdict.MATCHED_LATER if is_true else RowVerdict.NOT_MATCHED
    return RowExplanation(row.id, verdict, failed=failed)


def _failed(
    condition: Condition, facts: Facts, pointer: str, *, wanted: bool
) -> Iterator[FailedComparison]:
    """Yield the comparisons below a condition that make it other than wanted."""
    if isinstance(condition, Comparison):
        found = facts.get(condition.field)
        if value_test(condition)(found) is not wanted:
            yield _failure(condition, found, pointer, wanted=wanted)
    elif isinstance(condition, Negation):
        yield from _failed(condition.condition, facts, child(pointer, "not"), wanted=not wanted)
    elif fact_test(condition)(facts) is not wanted:
        name = "all" if isinstance(condition, Conjunction) else "any"
        for position, each in enumerate(condition.conditions):
            below = child(child(pointer, name), position)
            yield from _failed(each, facts, below, wanted=wanted)


def _failure(comparison: Comparison, found: Any, pointer: str, *, wanted: bool) -> FailedComparison:
    return FailedComparison(
        pointer,
        comparison.field,
        comparison.operator,
        json_value(comparison.value),
        json_value(found),
        negated=not wanted,
    )
