"""Compares what two versions of rules decide for many records, before the new one is published."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from chassis.foundation.canonical_json import canonical_json
from rules.evaluation import Decision, Evaluator
from rules.fact_values import Facts
from rules.rule_sets import HitPolicy, RuleSet

Key = TypeVar("Key")

USUAL_EXAMPLES: Final = 20
USUAL_CHANGES: Final = 100


@dataclass(frozen=True)
class ChangedExample(Generic[Key]):
    """A record whose decision changes, by the key that came with its facts."""

    key: Key
    before: Any
    after: Any


@dataclass(frozen=True)
class ChangeCount:
    """How many records change from one result to another."""

    before: Any
    after: Any
    records: int


@dataclass(frozen=True)
class DryRun(Generic[Key]):
    """How the decisions for `records` records change.

    `changes` are counted by pair of results, the most frequent first; `other_changed` are the
    records of pairs beyond the limit. `examples` are the first records that change.
    """

    records: int
    changed: int
    changes: tuple[ChangeCount, ...]
    other_changed: int
    examples: tuple[ChangedExample[Key], ...]


def dry_run(
    before: RuleSet,
    after: RuleSet,
    records: Iterable[tuple[Key, Facts]],
    *,
    examples: int = USUAL_EXAMPLES,
    changes: int = USUAL_CHANGES,
) -> DryRun[Key]:
    """Decide for each record by both rule sets and count what changes; `result_of` is compared."""
    old, new = Evaluator(before), Evaluator(after)
    counts: Counter[tuple[bytes, bytes]] = Counter()
    results: dict[bytes, Any] = {}
    first: list[ChangedExample[Key]] = []
    total = 0
    for key, facts in records:
        total += 1
        was = result_of(before, old.decide(facts))
        becomes = result_of(after, new.decide(facts))
        if was == becomes:
            continue
        pair = canonical_json(was), canonical_json(becomes)
        results[pair[0]], results[pair[1]] = was, becomes
        counts[pair] += 1
        if len(first) < examples:
            first.append(ChangedExample(key, was, becomes))
    kept = counts.most_common(changes)
    changed = counts.total()
    return DryRun(
        total,
        changed,
        tuple(ChangeCount(results[one], results[other], n) for (one, other), n in kept),
        changed - sum(n for _, n in kept),
        tuple(first),
    )


def result_of(rule_set: RuleSet, decision: Decision) -> Any:
    """Return what a decision means for a record, as JSON, whichever row it came from.

    It is the outcome under FIRST (None: no row matched), the list of outcomes under COLLECT, the
    points under SUM.
    """
    if rule_set.hit_policy is HitPolicy.SUM:
        return decision.points
    if rule_set.hit_policy is HitPolicy.COLLECT:
        return [dict(outcome) for outcome in decision.outcomes]
    return None if decision.outcome is None else dict(decision.outcome)
