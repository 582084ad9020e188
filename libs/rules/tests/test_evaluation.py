"""Decisions of the three hit policies, with scores worked by hand."""

from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.rules.tests.rule_samples import CATCH_ALL, SCHEMA, compare, row, rules
from rules.conditions import ALWAYS
from rules.evaluation import Decision, Evaluator, GroupPoints
from rules.rule_set_json import parse_rule_set
from rules.rule_sets import HitPolicy, Row, RuleSet

BANKS, LARGE = compare("industry", "EQ", "BANK"), compare("budget", "GTE", "1000000.00")
OFTEN = compare("visits", "GTE", 3)


def test_first_takes_the_first_enabled_row_that_matches() -> None:
    rule_set = parse_rule_set(
        SCHEMA, rules(row("off", CATCH_ALL, enabled=False), row("a", BANKS), row("b", LARGE))
    )
    decide = Evaluator(rule_set).decide
    both = decide({"industry": "BANK", "budget": Decimal("1000000")})
    assert both.outcome == {"to": "a"}
    assert decide({"industry": "STEEL", "budget": Decimal("1000000")}).outcome == {"to": "b"}
    nothing = decide({"industry": "STEEL", "budget": Decimal("999999.99")})
    assert nothing == Decision()
    assert nothing.outcome is None


def test_collect_takes_all_rows_in_their_order() -> None:
    body = rules(row("b", LARGE), row("a", BANKS), row("c", OFTEN), hit_policy="COLLECT")
    decision = Evaluator(parse_rule_set(SCHEMA, body)).decide(
        {"industry": "BANK", "budget": Decimal(1_000_000), "visits": 2}
    )
    assert decision.outcomes == ({"to": "b"}, {"to": "a"})
    assert decision.points == 0


def test_sums_are_capped_by_group() -> None:
    """Profile: 20 + 15 = 35, at most 30; behaviour: 8; without a group: -5. Together 33."""
    body = rules(
        row("a", BANKS, points=20, group="profile"),
        row("b", LARGE, points=15, group="profile"),
        row("c", OFTEN, points=8, group="behaviour"),
        row("d", compare("tags", "ANY_OF", ["COLD"]), points=-5),
        row("e", compare("consent", "EQ", True), points=100, group="behaviour"),
        hit_policy="SUM",
        caps={"profile": 30, "behaviour": 50, "unused": 1},
    )
    decision = Evaluator(parse_rule_set(SCHEMA, body)).decide(
        {"industry": "BANK", "budget": Decimal(2_000_000), "visits": 3, "tags": ["COLD"]}
    )
    assert decision.points == 33
    assert decision.groups == {
        "profile": GroupPoints(35, 30),
        "behaviour": GroupPoints(8, 8),
        None: GroupPoints(-5, -5),
    }
    assert Evaluator(parse_rule_set(SCHEMA, body)).decide({}).points == 0


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(-50, 50), st.sampled_from(["a", "b", None])), max_size=8),
    st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 40)),
    st.randoms(use_true_random=False),
)
def test_a_sum_depends_on_no_order_and_never_exceeds_a_cap(
    found: list[tuple[int, str | None]], caps: dict[str, int], random: Random
) -> None:
    rows = [
        Row(id=str(n), condition=ALWAYS, points=points, group=group)
        for n, (points, group) in enumerate(found)
    ]
    decision = Evaluator(RuleSet(hit_policy=HitPolicy.SUM, rows=tuple(rows), caps=caps)).decide({})
    random.shuffle(rows)
    other = Evaluator(RuleSet(hit_policy=HitPolicy.SUM, rows=tuple(rows), caps=caps)).decide({})
    assert (other.points, other.groups) == (decision.points, decision.groups)
    assert decision.groups is not None
    assert decision.points == sum(each.counted for each in decision.groups.values())
    assert sum(each.earned for each in decision.groups.values()) == sum(n for n, _ in found)
    for group, each in decision.groups.items():
        cap = None if group is None else caps.get(group)
        assert each.counted == (each.earned if cap is None else min(each.earned, cap))
