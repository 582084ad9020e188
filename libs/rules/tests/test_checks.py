"""What is refused when rules are saved, all at once, and what is only a warning."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from kernel.errors import Invalid, Violation
from libs.rules.tests.rule_samples import CATCH_ALL, SCHEMA, compare, field, row, rules
from rules.checks import check_condition, check_rule_set
from rules.fields import FactSchema, FactType, FieldSpec
from rules.rule_set_json import MAX_ROWS, OutcomeCheck, parse_rule_set, rule_set_json
from rules.rule_sets import fields_of

BANKS, LARGE = compare("industry", "EQ", "BANK"), compare("budget", "GTE", "1000000.00")


def refused(body: Any, check: OutcomeCheck | None = None) -> list[tuple[str, str, dict[str, Any]]]:
    with pytest.raises(Invalid) as error:
        check_rule_set(SCHEMA, body, check)
    return [(each.pointer, each.code, each.params) for each in error.value.violations]


def test_rules_in_order_are_accepted_without_warning() -> None:
    body = rules(row("a", {"all": [BANKS, LARGE]}), row("b", BANKS), row("c", CATCH_ALL))
    checked = check_rule_set(SCHEMA, body)
    assert checked.warnings == ()
    assert [each.id for each in checked.rule_set.rows] == ["a", "b", "c"]
    assert fields_of(checked.rule_set) == {"industry", "budget"}


def test_what_is_saved_is_read_back() -> None:
    body = rules(
        row("a", BANKS, name="Banks", points=-5, group="profile"),
        row("b", LARGE, points=10, enabled=False),
        hit_policy="SUM",
        caps={"profile": 30},
    )
    rule_set = check_rule_set(SCHEMA, body).rule_set
    assert rule_set_json(parse_rule_set(SCHEMA, rule_set_json(rule_set))) == rule_set_json(rule_set)
    assert parse_rule_set(SCHEMA, body) == rule_set


def test_all_violations_are_reported_at_once() -> None:
    body = {
        "hit_policy": "FIRST",
        "colour": 1,
        "rows": [
            row("a", BANKS),
            row("a", LARGE),
            {"id": "", "condition": BANKS, "outcome": []},
            row("d", {"all": [compare("visits", "GT", 5), compare("visits", "LT", 3)]}),
            row("e", {"all": [BANKS, LARGE]}),
            row("f", compare("colour", "EQ", "red"), points=5),
            {"id": "g", "enabled": "yes", "name": 5},
            [],
        ],
    }
    assert refused(body) == [
        ("/colour", "UNKNOWN_FIELD", {}),
        ("/rows/1/id", "RULE_ROW_ID_TWICE", {}),
        ("/rows/2/id", "TOO_SHORT", {"minimum": 1}),
        ("/rows/2/outcome", "TYPE_INVALID", {"expected": "object"}),
        ("/rows/5/points", "UNKNOWN_FIELD", {}),
        ("/rows/5/condition/field", "RULE_FIELD_UNKNOWN", {"field": "colour"}),
        ("/rows/6/name", "TYPE_INVALID", {"expected": "string"}),
        ("/rows/6/enabled", "TYPE_INVALID", {"expected": "boolean"}),
        ("/rows/6/condition", "REQUIRED", {}),
        ("/rows/7", "TYPE_INVALID", {"expected": "object"}),
        ("/rows/3/condition", "RULE_NEVER_MATCHES", {}),
        ("/rows/4", "RULE_ROW_UNREACHABLE", {"rows": [1]}),
    ]


def test_points_and_caps_belong_to_sums() -> None:
    body = rules(
        row("a", BANKS),
        row("b", BANKS, points=1.5),
        row("c", BANKS, points=2_000_000, group=""),
        hit_policy="SUM",
        caps={"x": -1, "y": "5"},
    )
    assert [(pointer, code) for pointer, code, _ in refused(body)] == [
        ("/rows/0/points", "REQUIRED"),
        ("/rows/1/points", "TYPE_INVALID"),
        ("/rows/2/points", "TOO_LARGE"),
        ("/rows/2/group", "TOO_SHORT"),
        ("/caps/x", "TOO_SMALL"),
        ("/caps/y", "TYPE_INVALID"),
    ]
    assert refused(rules(caps={})) == [("/caps", "UNKNOWN_FIELD", {})]


@pytest.mark.parametrize("body", [None, [], "x", {}, {"hit_policy": "ANY"}, {"rows": {}}])
def test_what_is_no_rule_set_is_refused(body: Any) -> None:
    assert refused(body)


def test_an_unknown_hit_policy_gives_no_violations_but_its_own() -> None:
    twice = row("a", CATCH_ALL, points=5), row("b", CATCH_ALL, points=5, group="x")
    assert refused({"rows": list(twice)}) == [("/hit_policy", "REQUIRED", {})]
    found = refused(rules(*twice, hit_policy="ANY", caps={"x": 1}))
    assert [(pointer, code) for pointer, code, _ in found] == [("/hit_policy", "VALUE_UNKNOWN")]


def test_outcomes_are_checked_by_the_service() -> None:
    def check(outcome: Mapping[str, Any]) -> Iterator[Violation]:
        if outcome["to"] == "b":
            yield Violation("/to", "POOL_UNKNOWN", {"pool": "b"})

    body = rules(row("a", BANKS), row("b", LARGE))
    assert refused(body, check) == [("/rows/1/outcome/to", "POOL_UNKNOWN", {"pool": "b"})]
    large = row("a", BANKS) | {"outcome": {"text": "x" * 10_000}}
    assert refused(rules(large), None) == [("/rows/0/outcome", "TOO_LONG", {"maximum": 10_000})]
    unwritable = row("a", BANKS) | {"outcome": {"text": {1, 2}}}
    assert refused(rules(unwritable), None) == [("/rows/0/outcome", "VALUE_INVALID", {})]


def test_the_number_of_rows_is_bounded() -> None:
    rows = [row(str(n), compare("visits", "EQ", n)) for n in range(MAX_ROWS + 1)]
    assert refused(rules(*rows)) == [("/rows", "TOO_LONG", {"maximum": MAX_ROWS})]
    assert len(check_rule_set(SCHEMA, rules(*rows[1:])).rule_set.rows) == MAX_ROWS


def test_a_missing_catch_all_is_a_warning_only() -> None:
    [warning] = check_rule_set(SCHEMA, rules(row("a", BANKS))).warnings
    assert warning == Violation("/rows", "RULE_CATCH_ALL_MISSING")
    exhaustive = rules(row("a", BANKS), row("b", compare("industry", "NE", "BANK")))
    assert check_rule_set(SCHEMA, exhaustive).warnings == ()
    off = rules(row("a", BANKS), row("b", CATCH_ALL, enabled=False))
    assert len(check_rule_set(SCHEMA, off).warnings) == 1
    assert check_rule_set(SCHEMA, rules(row("a", BANKS), hit_policy="COLLECT")).warnings == ()


def test_a_last_row_without_conditions_may_be_superfluous() -> None:
    others = row("a", BANKS), row("b", compare("industry", "NE", "BANK"))
    [warning] = check_rule_set(SCHEMA, rules(*others, row("c", CATCH_ALL))).warnings
    assert warning == Violation("/rows/2", "RULE_ROW_UNREACHABLE", {"rows": [1, 2]})
    twice = rules(row("c", CATCH_ALL), row("d", LARGE))
    assert refused(twice) == [("/rows/1", "RULE_ROW_UNREACHABLE", {"rows": [1]})]


def test_disabled_rows_are_read_but_not_analysed() -> None:
    impossible = {"all": [BANKS, compare("industry", "EQ", "STEEL")]}
    check_rule_set(SCHEMA, rules(row("a", impossible, enabled=False), row("b", CATCH_ALL)))
    off = row("a", compare("colour", "EQ", "red"), enabled=False)
    assert [code for _, code, _ in refused(rules(off))] == ["RULE_FIELD_UNKNOWN"]


@pytest.mark.parametrize(
    "parts",
    [
        [compare("visits", "GT", 5), compare("visits", "LT", 3)],
        [compare("company", "EQ", "A"), compare("company", "EQ", "B")],
        [compare("company", "EQ", "A"), compare("company", "IS_EMPTY")],
        [compare("company", "STARTS_WITH", "中国"), compare("company", "STARTS_WITH", "上海")],
        [compare("company", "STARTS_WITH", "中国"), {"not": compare("company", "CONTAINS", "国")}],
        [compare("founded", "GT", "2026-01-31"), compare("founded", "LT", "2026-02-01")],
        [
            compare("industry", "NOT_IN", ["BANK", "RETAIL", "STEEL"]),
            compare("industry", "IS_NOT_EMPTY"),
        ],
        [compare("tags", "ALL_OF", ["VIP", "COLD"]), compare("tags", "NONE_OF", ["VIP"])],
        [
            compare("consent", "NE", True),
            compare("consent", "NE", False),
            {"not": compare("consent", "IS_EMPTY")},
        ],
        [{"not": {"any": [BANKS, LARGE]}}, BANKS],
    ],
)
def test_contradictions_are_refused(parts: list[dict[str, Any]]) -> None:
    with pytest.raises(Invalid) as error:
        check_condition(SCHEMA, {"all": parts})
    assert error.value.violations == (Violation("", "RULE_NEVER_MATCHES"),)
    for left_out in range(len(parts)):
        check_condition(SCHEMA, {"all": [*parts[:left_out], *parts[left_out + 1 :]]})


def test_custom_fields_join_the_schema() -> None:
    custom = SCHEMA.with_fields([field("custom.region", FactType.ENUM, "EAST", "WEST")])
    check_condition(custom, compare("custom.region", "EQ", "EAST"))
    with pytest.raises(Invalid):
        check_condition(SCHEMA, compare("custom.region", "EQ", "EAST"))


@pytest.mark.parametrize(
    "spec",
    [
        field("company", FactType.TEXT),
        field("new", FactType.ENUM),
        field("new", FactType.TEXT, "A"),
    ],
)
def test_a_schema_that_contradicts_itself_is_an_error_of_the_program(spec: FieldSpec) -> None:
    with pytest.raises(ValueError, match=r"declared twice|must have values"):
        SCHEMA.with_fields([spec])
    assert FactSchema.of().fields == {}
