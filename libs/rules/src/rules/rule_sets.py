"""Rule sets: ordered rows of condition and outcome, and a policy for several that match.

The policies are those of DMN (Decision Model and Notation 1.5, chapter 8.2.8): FIRST takes the
first row that matches, COLLECT all of them, SUM adds their points.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rules.conditions import Condition, comparisons_of


class HitPolicy(StrEnum):
    """Which of the rows that match count."""

    FIRST = "FIRST"
    COLLECT = "COLLECT"
    SUM = "SUM"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One rule: where its condition is true, its outcome holds.

    `outcome` is JSON that the service has checked. `points` and the `group` whose sum may be capped
    belong to the policy SUM.
    """

    id: str
    condition: Condition
    outcome: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True
    name: str = ""
    points: int = 0
    group: str | None = None


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """Rows in their order. `caps` are the most points that a group of rows can add, by group."""

    hit_policy: HitPolicy
    rows: tuple[Row, ...]
    caps: Mapping[str, int] = field(default_factory=dict)


def fields_of(rule_set: RuleSet) -> frozenset[str]:
    """Return the names of all fields that the rows read, disabled ones included.

    A service keeps these fields from being deleted.
    """
    return frozenset(each.field for row in rule_set.rows for each in comparisons_of(row.condition))
