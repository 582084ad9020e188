"""Checks rules when they are saved: a broken rule is refused then, with all violations at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kernel.errors import Violation
from rules.analysis import Analysis, FindingKind, analyse_rows, never_matches
from rules.condition_json import ConditionReader
from rules.conditions import ALWAYS, Condition
from rules.fields import FactSchema
from rules.json_reader import JsonReader, below
from rules.rule_set_json import OutcomeCheck, RuleSetReader
from rules.rule_sets import HitPolicy, RuleSet


@dataclass(frozen=True)
class CheckedRuleSet:
    """A rule set that may be saved, and what its author should know nevertheless.

    Warnings: RULE_CATCH_ALL_MISSING, RULE_NOT_ANALYSED, and RULE_ROW_UNREACHABLE for a last row
    without conditions, which does no harm.
    """

    rule_set: RuleSet
    warnings: tuple[Violation, ...] = ()


def check_condition(schema: FactSchema, body: Any, *, at: str = "") -> Condition:
    """Read a single condition that is to be saved; `at` points to it in a request body.

    Raises Invalid with all violations: those of its form, and RULE_NEVER_MATCHES.
    """
    reader = JsonReader()
    condition = ConditionReader(schema, reader).read(body, "")
    if condition is not None and not reader.violations and never_matches(schema, condition):
        reader.refuse("", "RULE_NEVER_MATCHES")
    reader.raise_violations(at)
    assert condition is not None
    return condition


def check_rule_set(
    schema: FactSchema, body: Any, check_outcome: OutcomeCheck | None = None, *, at: str = ""
) -> CheckedRuleSet:
    """Read a rule set that is to be saved, and analyse its rows.

    `check_outcome` yields the violations of an outcome, with pointers into it; `at` points to the
    rule set in a request body. Raises Invalid with all violations: those of its form,
    RULE_NEVER_MATCHES, and RULE_ROW_UNREACHABLE with the numbers of the rows, from 1, that cover a
    row under FIRST. Disabled rows are not analysed.
    """
    reader = RuleSetReader(schema, check_outcome)
    rule_set = reader.read(body)
    analysis = analyse_rows(schema, reader.read_rows, rule_set.hit_policy)
    warnings: list[Violation] = []
    for found, is_error in _found(reader, analysis):
        (reader.violations if is_error else warnings).append(found)
    reader.raise_violations(at)
    if rule_set.hit_policy is HitPolicy.FIRST and not analysis.is_complete:
        warnings.append(Violation("/rows", "RULE_CATCH_ALL_MISSING"))
    return CheckedRuleSet(rule_set, tuple(below(at, warnings)))


def _found(reader: RuleSetReader, analysis: Analysis) -> Iterator[tuple[Violation, bool]]:
    """Yield the findings as violations, each with whether it keeps the rules from being saved."""
    rows = dict(reader.read_rows)
    last = max(rows, default=0)
    for each in analysis.findings:
        pointer = f"/rows/{each.position}"
        if each.kind is FindingKind.NEVER_MATCHES:
            yield Violation(f"{pointer}/condition", "RULE_NEVER_MATCHES"), True
        elif each.kind is FindingKind.NOT_ANALYSED:
            yield Violation(f"{pointer}/condition", "RULE_NOT_ANALYSED"), False
        else:
            numbers = [position + 1 for position in each.covered_by]
            is_harmless = each.position == last and rows[each.position].condition == ALWAYS
            yield Violation(pointer, "RULE_ROW_UNREACHABLE", {"rows": numbers}), not is_harmless
