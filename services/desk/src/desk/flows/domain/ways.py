"""Which way a request takes: the decision table over its facts, and the branch that it leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from desk.flows.domain.flow import BUILT_IN_BRANCH, BUILT_IN_FLOW, Flow, FlowVerdict, Plan
from kernel.errors import Violation
from rules.evaluation import Evaluator
from rules.fact_values import parse_facts
from rules.fields import FactSchema
from rules.rule_sets import RuleSet

_MEMBERS: Final = frozenset({"branch", "verdict"})


@dataclass(frozen=True, kw_only=True)
class Way:
    """What a flow does with a request: the row that decides, and its verdict or its steps."""

    row: str | None
    plan: Plan
    verdict: FlowVerdict | None = None


@dataclass(frozen=True, kw_only=True)
class FlowInForce:
    """A flow with its table, ready to decide; the built-in one has the number 0 and no table."""

    number: int
    flow: Flow
    rules: Evaluator | None
    schema: FactSchema

    def way(self, facts: Mapping[str, Any]) -> Way:
        """Return the way of a request with these facts, in JSON.

        A request that no row fits takes the branch of the built-in flow, so that it does not pass
        unseen. Raises Invalid for facts that do not fit their kind.
        """
        if self.rules is None:
            return Way(row=None, plan=BUILT_IN_FLOW.plan(BUILT_IN_BRANCH))
        decision = self.rules.decide(parse_facts(self.schema, facts))
        if decision.outcome is None:
            return Way(row=None, plan=BUILT_IN_FLOW.plan(BUILT_IN_BRANCH))
        row, outcome = decision.rows[0].id, decision.outcome
        if "verdict" in outcome:
            verdict = FlowVerdict(outcome["verdict"])
            return Way(row=row, plan=Plan(branch=""), verdict=verdict)
        return Way(row=row, plan=self.flow.plan(outcome["branch"]))


def outcome_violations(outcome: Mapping[str, Any]) -> Iterator[Violation]:
    """Yield what is wrong with the outcome of a row: it names a branch, or a verdict."""
    yield from (Violation(f"/{name}", "UNKNOWN_FIELD") for name in outcome if name not in _MEMBERS)
    if len(_MEMBERS & outcome.keys()) != 1:
        yield Violation("", "FLOW_OUTCOME_SHAPE")
    elif "verdict" in outcome and outcome["verdict"] not in list(FlowVerdict):
        yield Violation("/verdict", "VALUE_UNKNOWN", {"expected": [str(v) for v in FlowVerdict]})
    elif "branch" in outcome and not isinstance(outcome["branch"], str):
        yield Violation("/branch", "TYPE_INVALID", {"expected": "string"})


def started_branches(rules: RuleSet) -> frozenset[str]:
    """Return the branches that the enabled rows of a table lead to."""
    outcomes = [row.outcome for row in rules.rows if row.enabled]
    return frozenset(str(one["branch"]) for one in outcomes if "branch" in one)
