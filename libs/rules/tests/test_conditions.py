"""Conditions: what each comparison means, how JSON is read strictly, and what is refused."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from kernel.errors import Invalid
from libs.rules.tests.condition_strategies import conditions
from libs.rules.tests.rule_samples import CATCH_ALL, SCHEMA, compare
from rules.condition_json import MAX_CONDITIONS, MAX_DEPTH, condition_json, parse_condition
from rules.conditions import (
    OPERATORS,
    WITHOUT_VALUE,
    Comparison,
    Condition,
    Negation,
    Operator,
    comparisons_of,
)
from rules.evaluation import fact_test
from rules.fields import FactType


def holds(body: dict[str, Any], **facts: Any) -> bool:
    return fact_test(parse_condition(SCHEMA, body))(facts)


def violations(body: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        parse_condition(SCHEMA, body)
    return [(each.pointer, each.code) for each in refused.value.violations]


NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "operator", "value", "true", "false"),
    [
        ("company", "EQ", "远景", ["远景"], ["远景 ", "", "远"]),
        ("company", "NE", "远景", ["远", ""], ["远景"]),
        ("company", "IN", ["A", "B"], ["A", "B"], ["AB", "a", ""]),
        ("company", "NOT_IN", ["A", "B"], ["C", ""], ["A", "B"]),
        ("company", "CONTAINS", "银行", ["中国银行上海分行", "银行"], ["银", "", "BANK"]),
        ("company", "STARTS_WITH", "中国", ["中国", "中国银行"], ["在中国", "中", ""]),
        ("industry", "IN", ["BANK"], ["BANK"], ["STEEL"]),
        ("budget", "EQ", "0.30", [Decimal("0.3")], [Decimal("0.300001")]),
        ("budget", "GT", "0.3", [Decimal("0.3000001")], [Decimal("0.3"), Decimal(-1)]),
        ("budget", "GTE", "0.3", [Decimal("0.30")], [Decimal("0.2999999")]),
        ("budget", "LT", "100", [Decimal("99.99")], [Decimal("100.00")]),
        ("budget", "LTE", "100", [Decimal("100.00")], [Decimal("100.000001")]),
        ("budget", "BETWEEN", ["1", "2"], [Decimal(1), Decimal(2)], [Decimal("2.01")]),
        ("visits", "BETWEEN", [3, 3], [3], [2, 4]),
        ("consent", "EQ", False, [False], [True]),
        ("founded", "GTE", "2026-01-31", [date(2026, 1, 31)], [date(2026, 1, 30)]),
        ("seen_at", "LT", "2026-11-30T20:00:00+08:00", [NOON - timedelta(0, 1)], [NOON]),
        ("words", "ANY_OF", ["a", "b"], [["b", "c"], ["a"]], [["c"], []]),
        ("words", "ALL_OF", ["a", "b"], [["b", "c", "a"]], [["a"], []]),
        ("words", "NONE_OF", ["a", "b"], [["c"], []], [["c", "a"]]),
        ("company", "IS_EMPTY", None, [None, ""], ["x"]),
        ("company", "IS_NOT_EMPTY", None, ["x"], [None, ""]),
        ("visits", "IS_EMPTY", None, [None], [0]),
        ("words", "IS_EMPTY", None, [None, []], [["a"]]),
        ("consent", "IS_NOT_EMPTY", None, [True, False], [None]),
    ],
)
def test_what_a_comparison_means(
    name: str, operator: str, value: Any, true: list[Any], false: list[Any]
) -> None:
    body = compare(name, operator, value)
    assert [holds(body, **{name: found}) for found in true] == [True] * len(true)
    assert [holds(body, **{name: found}) for found in false] == [False] * len(false)


SAMPLE = {
    FactType.TEXT: "a", FactType.ENUM: "BANK", FactType.DECIMAL: "1", FactType.INTEGER: 1,
    FactType.BOOLEAN: True, FactType.DATE: "2026-11-30", FactType.INSTANT: "2026-11-30T00:00:00Z",
    FactType.TEXT_LIST: "a", FactType.ENUM_LIST: "VIP",
}  # fmt: skip
MANY = {Operator.IN, Operator.NOT_IN, Operator.ANY_OF, Operator.ALL_OF, Operator.NONE_OF}


@pytest.mark.parametrize("spec", SCHEMA.fields.values(), ids=lambda spec: spec.name)
def test_what_is_unknown_satisfies_only_ne_not_in_and_is_empty(spec: Any) -> None:
    satisfied = set()
    for operator in OPERATORS[spec.type]:
        one = SAMPLE[spec.type]
        value = [one, one] if operator is Operator.BETWEEN else [one] if operator in MANY else one
        body = compare(spec.name, operator, None if operator in WITHOUT_VALUE else value)
        unknown = holds(body, **{spec.name: None})
        assert holds(body) == unknown, "a field that is left out is unknown"
        satisfied |= {operator} if unknown else set()
    expected = {Operator.NE, Operator.NOT_IN, Operator.IS_EMPTY} & {*OPERATORS[spec.type]}
    assert satisfied == expected


def test_a_negation_is_true_of_what_is_unknown() -> None:
    assert holds({"not": compare("visits", "GT", 5)}, visits=None)
    assert not holds({"not": compare("visits", "IS_EMPTY")}, visits=None)


def test_groups_nest() -> None:
    body = {
        "all": [
            {"any": [compare("visits", "GT", 5), compare("industry", "EQ", "BANK")]},
            {"not": compare("tags", "ANY_OF", ["COLD"])},
        ]
    }
    assert holds(body, visits=6, tags=[])
    assert holds(body, visits=1, industry="BANK", tags=["VIP"])
    assert not holds(body, visits=6, tags=["COLD", "VIP"])
    assert not holds(body, visits=5, tags=[])
    assert holds(CATCH_ALL)


def test_all_violations_are_reported_where_they_are() -> None:
    body = {
        "all": [
            compare("colour", "EQ", "red"),
            compare("visits", "CONTAINS", 5),
            compare("visits", "LIKE", 5),
            compare("budget", "GT", 12.5),
            compare("industry", "IN", ["BANK", "TOYS"]),
            compare("visits", "BETWEEN", [5, 3]),
            compare("visits", "BETWEEN", [5]),
            compare("company", "IN", []),
            compare("company", "EQ", ""),
            compare("founded", "EQ", "2026-02-30"),
            compare("seen_at", "GT", "2026-11-30T12:00:00"),
            {**compare("visits", "IS_EMPTY"), "value": 1},
            {"field": "visits", "operator": "EQ"},
            {"field": "visits"},
            {"any": []},
            {"any": [CATCH_ALL], "all": []},
            {"not": compare("consent", "EQ", 1), "note": "x"},
            compare("visits", "EQ", True),
            "visits > 5",
            compare("company", "EQ", "a\0b"),
        ]
    }
    assert violations(body) == [
        ("/all/0/field", "RULE_FIELD_UNKNOWN"),
        ("/all/1/operator", "RULE_OPERATOR_UNFIT"),
        ("/all/2/operator", "VALUE_UNKNOWN"),
        ("/all/3/value", "DECIMAL_STRING_INVALID"),
        ("/all/4/value/1", "VALUE_UNKNOWN"),
        ("/all/5/value", "RULE_BETWEEN_EMPTY"),
        ("/all/6/value", "TOO_SHORT"),
        ("/all/7/value", "TOO_SHORT"),
        ("/all/8/value", "TOO_SHORT"),
        ("/all/9/value", "DATE_INVALID"),
        ("/all/10/value", "INSTANT_INVALID"),
        ("/all/11/value", "UNKNOWN_FIELD"),
        ("/all/12/value", "REQUIRED"),
        ("/all/13/operator", "REQUIRED"),
        ("/all/14/any", "TOO_SHORT"),
        ("/all/15", "RULE_CONDITION_SHAPE"),
        ("/all/16/note", "UNKNOWN_FIELD"),
        ("/all/16/not/value", "TYPE_INVALID"),
        ("/all/17/value", "TYPE_INVALID"),
        ("/all/18", "TYPE_INVALID"),
        ("/all/19/value", "TEXT_INVALID"),
    ]


def test_depth_and_number_are_bounded() -> None:
    deep: dict[str, Any] = compare("visits", "EQ", 1)
    for _ in range(MAX_DEPTH - 1):
        deep = {"not": deep}
    parse_condition(SCHEMA, deep)
    assert violations({"not": deep}) == [("/not" * MAX_DEPTH, "RULE_CONDITION_TOO_DEEP")]
    for _ in range(5_000):
        deep = {"not": deep}
    assert [code for _, code in violations(deep)] == ["RULE_CONDITION_TOO_DEEP"]
    wide = {"all": [{"all": [CATCH_ALL] * 100} for _ in range(MAX_CONDITIONS // 100)]}
    assert [code for _, code in violations(wide)] == ["RULE_CONDITIONS_TOO_MANY"]


def test_constants_are_typed_and_written_alike() -> None:
    body = compare("seen_at", "BETWEEN", ["2026-11-30T08:00:00+08:00", "2026-11-30T00:00:00.5Z"])
    condition = parse_condition(SCHEMA, body)
    assert isinstance(condition, Comparison)
    midnight = datetime(2026, 11, 30, 8, tzinfo=timezone(timedelta(hours=8)))
    assert condition.value == (midnight, midnight + timedelta(milliseconds=500))
    assert condition_json(condition)["value"] == [
        "2026-11-30T00:00:00Z",
        "2026-11-30T00:00:00.500000Z",
    ]
    written = condition_json(parse_condition(SCHEMA, compare("budget", "IN", ["10", "10.00", "0"])))
    assert written["value"] == ["10", "0"]


@settings(deadline=None)
@given(conditions())
def test_a_condition_is_read_back_as_it_was_written(condition: Condition) -> None:
    assert parse_condition(SCHEMA, condition_json(condition)) == condition
    assert list(comparisons_of(Negation(condition))) == list(comparisons_of(condition))
