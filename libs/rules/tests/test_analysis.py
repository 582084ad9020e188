"""The analysis agrees with trying all records of small domains, in both directions."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.rules.tests.condition_strategies import CONSTANTS, all_facts, conditions
from libs.rules.tests.rule_samples import SCHEMA, field
from rules import analysis, boxes
from rules.analysis import Analysis, FindingKind, RowFinding, analyse, never_matches
from rules.conditions import (
    ALWAYS,
    Comparison,
    Condition,
    Conjunction,
    Disjunction,
    Negation,
    Operator,
)
from rules.evaluation import Evaluator, fact_test
from rules.fields import FactSchema, FactType
from rules.rule_sets import HitPolicy, Row, RuleSet


def rule_set(*found: Condition, policy: HitPolicy = HitPolicy.FIRST) -> RuleSet:
    rows = [Row(id=str(n), condition=each) for n, each in enumerate(found)]
    return RuleSet(hit_policy=policy, rows=tuple(rows))


def kinds(found: Analysis) -> list[tuple[int, FindingKind]]:
    return [(each.position, each.kind) for each in found.findings]


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[str], list[Condition]]:
    """One or two fields, and conditions over them."""
    names = draw(st.lists(st.sampled_from([*CONSTANTS]), min_size=1, max_size=2, unique=True))
    return names, draw(st.lists(conditions(names), min_size=1, max_size=5))


def tried(
    found: Sequence[Condition], facts: list[dict[str, Any]]
) -> tuple[set[int], set[int], bool]:
    """The rows that match no record, those that are first for none, and whether all match one."""
    tests = [fact_test(each) for each in found]
    matching = [[n for n, test in enumerate(tests) if test(each)] for each in facts]
    matched = {n for each in matching for n in each}
    first = {each[0] for each in matching if each}
    everything = set(range(len(found)))
    return everything - matched, everything - first, all(matching)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_the_analysis_finds_what_trying_all_records_finds(
    case: tuple[list[str], list[Condition]],
) -> None:
    names, found = case
    never, never_first, is_complete = tried(found, all_facts(names))
    result = analyse(SCHEMA, rule_set(*found))
    by_kind = {kind: {n for n, each in kinds(result) if each is kind} for kind in FindingKind}
    assert by_kind[FindingKind.NOT_ANALYSED] == set()
    assert by_kind[FindingKind.NEVER_MATCHES] == never
    assert by_kind[FindingKind.UNREACHABLE] == never_first - never
    assert result.is_complete == is_complete
    assert {n for n, each in enumerate(found) if never_matches(SCHEMA, each)} == never


@settings(max_examples=100, deadline=None)
@given(cases())
def test_rows_said_to_cover_a_row_do_so_alone(case: tuple[list[str], list[Condition]]) -> None:
    names, found = case
    for each in analyse(SCHEMA, rule_set(*found)).findings:
        if each.kind is FindingKind.UNREACHABLE:
            chosen = [found[n] for n in (*each.covered_by, each.position)]
            _, never_first, _ = tried(chosen, all_facts(names))
            assert len(chosen) - 1 in never_first


@settings(max_examples=100, deadline=None)
@given(cases())
def test_what_is_found_is_right_where_comparisons_stand_alone(
    case: tuple[list[str], list[Condition]],
) -> None:
    """Beyond the bound of combinations something may not be found, but what is found is right."""
    names, found = case
    never, never_first, is_complete = tried(found, all_facts(names))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rules.value_classes.MAX_COMBINED", 0)
        patch.setattr("rules.value_classes.MAX_TESTS", 20)
        result = analyse(SCHEMA, rule_set(*found))
    for position, kind in kinds(result):
        expected = never if kind is FindingKind.NEVER_MATCHES else never_first
        assert position in expected
    assert is_complete or not result.is_complete


def test_a_text_with_many_parts_is_still_compared_part_by_part() -> None:
    parts = ("银行", "证券", "保险", "基金", "信托", "期货", "租赁", "支付")
    rows = [Comparison("company", Operator.CONTAINS, part) for part in parts]
    narrower = Conjunction((rows[3], Comparison("industry", Operator.EQ, "BANK")))
    found = analyse(SCHEMA, rule_set(*rows, narrower)).findings
    assert found == (RowFinding(8, FindingKind.UNREACHABLE, (3,)),)


def test_a_list_of_many_elements_is_still_compared_one_by_one() -> None:
    tags = tuple(f"T{n}" for n in range(20))
    schema = FactSchema.of(field("tags", FactType.ENUM_LIST, *tags))
    any_of = Comparison("tags", Operator.ANY_OF, tags[:10])
    part = Comparison("tags", Operator.ANY_OF, tags[3:5])
    every = Comparison("tags", Operator.ALL_OF, tags[8:12])
    found = analyse(schema, rule_set(any_of, part, every)).findings
    assert [(each.position, each.covered_by) for each in found] == [(1, (0,)), (2, (0,))]


def test_gaps_of_whole_numbers_and_decimals_differ() -> None:
    def between(name: str, low: Any, high: Any) -> Condition:
        above = Comparison(name, Operator.GT, low)
        return Conjunction((above, Comparison(name, Operator.LT, high)))

    assert never_matches(SCHEMA, between("visits", 5, 6))
    assert not never_matches(SCHEMA, between("visits", 5, 7))
    assert not never_matches(SCHEMA, between("budget", Decimal(5), Decimal("5.000001")))


def test_several_rows_cover_one_together() -> None:
    few = Comparison("visits", Operator.LT, 3)
    many = Comparison("visits", Operator.GTE, 3)
    known = Comparison("visits", Operator.IS_NOT_EMPTY)
    found = analyse(SCHEMA, rule_set(few, many, known))
    assert found.findings == (RowFinding(2, FindingKind.UNREACHABLE, (0, 1)),)
    assert found.is_complete is False, "a record without visits matches no row"
    assert analyse(SCHEMA, rule_set(few, many, known, Negation(known))).is_complete


def test_under_sum_and_collect_only_contradictions_are_found() -> None:
    always_twice = (ALWAYS, ALWAYS, Negation(ALWAYS))
    for policy in (HitPolicy.SUM, HitPolicy.COLLECT):
        found = analyse(SCHEMA, rule_set(*always_twice, policy=policy))
        assert kinds(found) == [(2, FindingKind.NEVER_MATCHES)]


def test_what_takes_too_many_steps_is_not_analysed() -> None:
    """Each of ten alternatives has two fields, so that five of them would be 100,000 boxes."""
    names = [f"n{n}" for n in range(20)]
    schema = FactSchema.of(*(field(name, FactType.INTEGER) for name in names))
    pairs = [
        Conjunction((Comparison(one, Operator.GT, n), Comparison(other, Operator.LT, n)))
        for n, (one, other) in enumerate(pairwise(names))
    ]
    complex_one = Conjunction(tuple(Disjunction(tuple(pairs[n : n + 10])) for n in range(5)))
    simple = Comparison("n0", Operator.EQ, 1)
    found = analyse(schema, rule_set(complex_one, simple, simple))
    assert kinds(found) == [(0, FindingKind.NOT_ANALYSED), (1 + 1, FindingKind.UNREACHABLE)]
    assert found.findings[1].covered_by == (1,)
    assert never_matches(schema, complex_one) is None
    assert found.is_complete is None, "the first row may match all others"


def test_disabled_rows_cover_nothing() -> None:
    off = Row(id="off", condition=ALWAYS, enabled=False)
    on = Row(id="on", condition=ALWAYS)
    found = analyse(SCHEMA, RuleSet(hit_policy=HitPolicy.FIRST, rows=(off, on)))
    assert found == Analysis((), is_complete=True)


def test_the_steps_of_many_rows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "MAX_STEPS", 5_000)
    rows = [Comparison("visits", Operator.EQ, n) for n in range(100)]
    found = analyse(SCHEMA, rule_set(*rows))
    assert {kind for _, kind in kinds(found)} == {FindingKind.NOT_ANALYSED}
    assert 0 < len(found.findings) < 100
    assert found.is_complete is None
    assert analysis.analyse(SCHEMA, rule_set(*rows[:5])).is_complete is False


@settings(deadline=None)
@given(st.lists(conditions(["visits", "industry"]), min_size=1, max_size=4))
def test_an_evaluator_takes_the_first_row_that_matches(found: list[Condition]) -> None:
    evaluator = Evaluator(rule_set(*found))
    for facts in all_facts(["visits", "industry"]):
        expected = [n for n, each in enumerate(found) if fact_test(each)(facts)][:1]
        assert [int(row.id) for row in evaluator.decide(facts).rows] == expected


def test_long_lists_do_not_exhaust_the_memory() -> None:
    """Subtracting rows of 200 elements from one another would give 200 boxes for each, squared."""
    schema = FactSchema.of(field("words", FactType.TEXT_LIST))
    rows = [
        Comparison("words", Operator.ALL_OF, tuple(f"e{n}" for n in range(start, start + 200)))
        for start in range(30)
    ]
    found = analyse(schema, rule_set(*rows))
    assert {kind for _, kind in kinds(found)} <= {FindingKind.NOT_ANALYSED}
