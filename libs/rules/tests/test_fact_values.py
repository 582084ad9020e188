"""Facts are read from JSON, for trials, and written as JSON, for explanations."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from kernel.errors import Invalid
from libs.rules.tests.rule_samples import SCHEMA
from rules.fact_values import json_value, parse_facts


def test_facts_of_a_trial_are_typed() -> None:
    body = {
        "company": "",
        "budget": "12.50",
        "visits": 3,
        "consent": False,
        "founded": "2026-02-28",
        "seen_at": "2026-11-30T20:00:00.5+08:00",
        "words": ["a", "a"],
        "tags": [],
        "industry": None,
    }
    assert parse_facts(SCHEMA, body) == {
        "company": "",
        "industry": None,
        "budget": Decimal("12.5"),
        "visits": 3,
        "consent": False,
        "founded": date(2026, 2, 28),
        "seen_at": datetime(2026, 11, 30, 12, 0, 0, 500_000, UTC),
        "words": ["a", "a"],
        "tags": [],
    }
    assert parse_facts(SCHEMA, {}) == dict.fromkeys(SCHEMA.fields)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("colour", "red", "UNKNOWN_FIELD"),
        ("company", 5, "TYPE_INVALID"),
        ("company", "x" * 10_001, "TOO_LONG"),
        ("company", "\ud800", "TEXT_INVALID"),
        ("industry", "TOYS", "VALUE_UNKNOWN"),
        ("budget", "1e3", "DECIMAL_STRING_INVALID"),
        ("budget", 1, "DECIMAL_STRING_INVALID"),
        ("budget", "12345678901234567", "NUMBER_TOO_LARGE"),
        ("visits", True, "TYPE_INVALID"),
        ("visits", 2**63, "TOO_LARGE"),
        ("consent", 0, "TYPE_INVALID"),
        ("founded", "1899-12-31", "DAY_OUT_OF_RANGE"),
        ("founded", 20260228, "DATE_INVALID"),
        ("seen_at", "2026-11-30T12:00:00", "INSTANT_INVALID"),
        ("seen_at", "2026-11-31T12:00:00Z", "INSTANT_INVALID"),
        ("seen_at", "0001-01-01T00:00:00+14:00", "INSTANT_INVALID"),
        ("words", "a", "TYPE_INVALID"),
        ("words", ["a"] * 501, "TOO_LONG"),
        ("tags", ["VIP", 5], "VALUE_UNKNOWN"),
    ],
)
def test_a_fact_of_another_type_is_refused(name: str, value: Any, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_facts(SCHEMA, {name: value, "company/~": 1})
    codes = {each.pointer: each.code for each in refused.value.violations}
    assert codes == {f"/{name}": code, "/company~1~0": "UNKNOWN_FIELD"}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("10.00"), "10"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.0"), "0"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
        ((Decimal("0.50"), None), ["0.5", None]),
        (True, True),
    ],
)
def test_equal_values_are_written_alike(value: Any, written: Any) -> None:
    assert json_value(value) == written
