"""Explanations: the winner, why the others lost, and which comparisons failed."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings

from libs.rules.tests.condition_strategies import all_facts, conditions
from libs.rules.tests.rule_samples import CATCH_ALL, SCHEMA, compare, row, rules
from rules.conditions import Condition, Operator
from rules.evaluation import fact_test
from rules.explanations import (
    Explanation,
    FailedComparison,
    RowExplanation,
    RowVerdict,
    explain,
    failed_comparisons,
)
from rules.rule_set_json import parse_rule_set


def test_every_row_says_why_it_lost() -> None:
    large_bank = {"all": [compare("industry", "EQ", "BANK"), compare("budget", "GTE", "1000")]}
    old_or_seen = {"any": [compare("founded", "LT", "2000-01-01"), compare("visits", "GT", 3)]}
    body = rules(
        row("large", large_bank),
        row("old", {"all": [compare("company", "IS_NOT_EMPTY"), old_or_seen]}),
        row("quiet", {"not": compare("tags", "ANY_OF", ["COLD", "VIP"])}),
        row("off", CATCH_ALL, enabled=False),
        row("bank", compare("industry", "EQ", "BANK")),
        row("rest", CATCH_ALL),
    )
    facts = {
        "industry": "BANK",
        "budget": Decimal("999.50"),
        "company": "远景",
        "founded": date(2010, 5, 1),
        "visits": None,
        "tags": ["VIP"],
    }
    found = explain(parse_rule_set(SCHEMA, body), facts)
    assert found.winner == "bank"
    assert found.decision.outcome == {"to": "bank"}
    assert found.rows == (
        RowExplanation(
            "large",
            RowVerdict.NOT_MATCHED,
            failed=(FailedComparison("/all/1", "budget", Operator.GTE, "1000", "999.5"),),
        ),
        RowExplanation(
            "old",
            RowVerdict.NOT_MATCHED,
            failed=(
                FailedComparison(
                    "/all/1/any/0", "founded", Operator.LT, "2000-01-01", "2010-05-01"
                ),
                FailedComparison("/all/1/any/1", "visits", Operator.GT, 3, None),
            ),
        ),
        RowExplanation(
            "quiet",
            RowVerdict.NOT_MATCHED,
            failed=(
                FailedComparison(
                    "/not", "tags", Operator.ANY_OF, ["COLD", "VIP"], ["VIP"], negated=True
                ),
            ),
        ),
        RowExplanation("off", RowVerdict.DISABLED),
        RowExplanation("bank", RowVerdict.COUNTED),
        RowExplanation("rest", RowVerdict.MATCHED_LATER),
    )


def test_a_sum_shows_the_points_of_each_row_before_the_cap() -> None:
    body = rules(
        row("a", CATCH_ALL, points=7, group="g"),
        row("b", CATCH_ALL, points=5, group="g"),
        row("c", compare("visits", "GT", 1), points=3),
        hit_policy="SUM",
        caps={"g": 10},
    )
    found = explain(parse_rule_set(SCHEMA, body), {"visits": 1})
    assert [(each.verdict.value, each.points) for each in found.rows] == [
        ("COUNTED", 7),
        ("COUNTED", 5),
        ("NOT_MATCHED", 0),
    ]
    assert (found.decision.points, found.winner) == (10, None)


def test_nobody_wins_where_nothing_matches() -> None:
    found: Explanation = explain(
        parse_rule_set(SCHEMA, rules(row("a", compare("visits", "GT", 1)))), {}
    )
    assert found.winner is None
    assert found.decision.rows == ()


@settings(deadline=None)
@given(conditions(["visits", "tags"]))
def test_a_condition_without_failed_comparison_is_true(condition: Condition) -> None:
    """One that is false has some, unless it is false whatever the facts are, by empty groups."""
    is_true = fact_test(condition)
    samples = all_facts(["visits", "tags"])[::7]
    for facts in samples:
        failed = failed_comparisons(condition, facts)
        if is_true(facts):
            assert failed == ()
        elif any(map(is_true, all_facts(["visits", "tags"]))):
            assert failed
