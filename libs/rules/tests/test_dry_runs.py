"""A dry run counts what changes for which records."""

from typing import Any

from libs.rules.tests.rule_samples import CATCH_ALL, SCHEMA, compare, row, rules
from rules.dry_runs import ChangeCount, ChangedExample, DryRun, dry_run
from rules.rule_set_json import parse_rule_set
from rules.rule_sets import RuleSet


def read(*rows: dict[str, Any], **members: Any) -> RuleSet:
    return parse_rule_set(SCHEMA, rules(*rows, **members))


RECORDS = [(f"lead-{n}", {"visits": n}) for n in range(10)]


def test_changes_are_counted_by_pair_with_the_first_examples() -> None:
    """Before: 0 to 4 are cold, 5 to 9 hot. After: 0 to 2 cold, 3 to 7 warm, 8 and 9 nothing."""
    before = read(
        row("r1", compare("visits", "LT", 5), outcome={"to": "cold"}),
        row("r2", CATCH_ALL, outcome={"to": "hot"}),
    )
    after = read(
        row("other", compare("visits", "LTE", 2), outcome={"to": "cold"}),
        row("r2", compare("visits", "LTE", 7), outcome={"to": "warm"}),
    )
    cold, warm, hot = {"to": "cold"}, {"to": "warm"}, {"to": "hot"}
    assert dry_run(before, after, RECORDS, examples=3) == DryRun(
        records=10,
        changed=7,
        changes=(
            ChangeCount(hot, warm, 3),
            ChangeCount(cold, warm, 2),
            ChangeCount(hot, None, 2),
        ),
        other_changed=0,
        examples=(
            ChangedExample("lead-3", cold, warm),
            ChangedExample("lead-4", cold, warm),
            ChangedExample("lead-5", hot, warm),
        ),
    )
    limited = dry_run(before, after, iter(RECORDS), changes=1)
    assert (limited.changed, limited.other_changed, len(limited.examples)) == (7, 4, 7)
    assert limited.changes == (ChangeCount(hot, warm, 3),)


def test_equal_outcomes_of_other_rows_are_no_change() -> None:
    before = read(row("a", CATCH_ALL, outcome={"to": "x", "in": 1}))
    after = read(row("b", CATCH_ALL, outcome={"in": 1, "to": "x"}))
    assert dry_run(before, after, RECORDS).changed == 0


def test_scores_and_collected_outcomes_are_compared_too() -> None:
    before = read(row("a", compare("visits", "GTE", 8), points=5), hit_policy="SUM")
    after = read(row("a", compare("visits", "GTE", 8), points=7), hit_policy="SUM")
    assert dry_run(before, after, RECORDS).changes == (ChangeCount(5, 7, 2),)
    one = read(row("a", compare("visits", "EQ", 1)), hit_policy="COLLECT")
    two = read(row("a", compare("visits", "IN", [1, 2])), hit_policy="COLLECT")
    assert dry_run(one, two, RECORDS).changes == (ChangeCount([], [{"to": "a"}], 1),)
