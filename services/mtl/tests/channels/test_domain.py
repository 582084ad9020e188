"""The rules of the gate, with numbers."""

from typing import Any

import pytest

from kernel.errors import Invalid
from mtl.channels.domain.gate import (
    Gate,
    GateCondition,
    GateOutcome,
    GateReason,
    Verdict,
    has_word,
    is_in_domain,
    verdict_of,
)
from mtl.channels.domain.payloads import touch_payload
from mtl.channels.domain.rules import parse_rules
from rules.conditions import Comparison, Operator

REJECT, QUARANTINE = GateOutcome.REJECT, GateOutcome.QUARANTINE


def codes(gate: Gate, fields: dict[str, Any], **facts: Any) -> list[tuple[str, str | None]]:
    return [(each.code, each.field) for each in gate.reasons(fields, facts)]


def test_every_missing_field_is_named() -> None:
    gate = Gate(required_fields=("company", "phone", "custom.area"))
    assert codes(gate, {"company": "远景", "phone": None}) == [
        ("CAPTURE_FIELD_MISSING", "phone"),
        ("CAPTURE_FIELD_MISSING", "custom.area"),
    ]


@pytest.mark.parametrize(
    ("domain", "blocked", "found"),
    [
        ("qq.com", "qq.com", True),
        ("mail.qq.com", "qq.com", True),
        ("vipqq.com", "qq.com", False),
        ("qq.com.cn", "qq.com", False),
        ("", "qq.com", False),
    ],
)
def test_a_blocked_domain_blocks_those_below_it(domain: str, blocked: str, found: bool) -> None:
    assert is_in_domain(domain, blocked) is found


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("loan offers", "loan", True),
        ("LOAN offers", "Loan", True),
        ("ｌｏａｎ", "loan", True),
        ("reloaned", "loan", False),
        ("贷款优惠", "贷款", True),
        ("我要办贷款", "贷款", True),
        ("a.b", "a.b", True),
        ("axb", "a.b", False),
    ],
)
def test_words_are_found_in_any_width_and_case(text: str, word: str, found: bool) -> None:
    gate = Gate(blocked_words=(word,))
    expected = [("CAPTURE_WORD_BLOCKED", "need")] if found else []
    assert codes(gate, {"need": text}) == expected
    assert has_word("", word) is False


def test_a_word_in_two_fields_is_one_reason() -> None:
    gate = Gate(blocked_words=("贷款",))
    assert codes(gate, {"name": "贷款", "need": "贷款"}) == [("CAPTURE_WORD_BLOCKED", "name")]


def test_conditions_have_outcomes_of_their_own() -> None:
    small = Comparison("company_size", Operator.EQ, "UNDER_20")
    gate = Gate(conditions=(GateCondition(label="太小", when=small, outcome=REJECT),))
    [reason] = gate.reasons({}, {"company_size": "UNDER_20"})
    assert (reason.code, reason.params, reason.outcome) == (
        "CAPTURE_CONDITION_MET",
        {"label": "太小"},
        REJECT,
    )
    assert gate.reasons({}, {"company_size": "FROM_20"}) == ()


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ([], Verdict.ACCEPTED),
        ([QUARANTINE], Verdict.QUARANTINED),
        ([QUARANTINE, REJECT, QUARANTINE], Verdict.REJECTED),
    ],
)
def test_the_severest_outcome_counts(outcomes: list[GateOutcome], verdict: Verdict) -> None:
    assert verdict_of([GateReason("X", {}, None, each) for each in outcomes]) is verdict


def test_a_touch_shows_the_first_fifty_values_of_a_payload() -> None:
    payload = {"a": {"b": [1, {"c": True}]}, "empty": "", "none": None, "long": "x" * 2000}
    shown = touch_payload(payload)
    assert shown == {"a.b[0]": "1", "a.b[1].c": "true", "long": "x" * 1000}
    assert len(touch_payload({f"k{n}": n for n in range(60)})) == 50


def test_all_that_is_wrong_with_the_rules_of_a_channel_is_reported() -> None:
    mapping = {"fields": [{"target": "fone", "sources": ["a"]}, {"target": "name"}]}
    gate = {
        "required_fields": ["phone", "event_id", "touch.at", "nothing"],
        "conditions": [{"label": "x", "when": {"field": "sise"}, "outcome": "REJECT"}],
    }
    with pytest.raises(Invalid) as refused:
        parse_rules(mapping, gate, "a[?b]", ())
    found = {(each.pointer, each.code) for each in refused.value.violations}
    assert found == {
        ("/mapping/fields/0/target", "VALUE_UNKNOWN"),
        ("/mapping/fields/1/sources", "REQUIRED"),
        ("/gate/conditions/0/when/field", "RULE_FIELD_UNKNOWN"),
        ("/gate/conditions/0/when/operator", "REQUIRED"),
        ("/gate/required_fields/1", "CHANNEL_FIELD_UNKNOWN"),
        ("/gate/required_fields/2", "CHANNEL_FIELD_UNKNOWN"),
        ("/gate/required_fields/3", "CHANNEL_FIELD_UNKNOWN"),
        ("/honeypot", "MAPPING_PATH_INVALID"),
    }


def test_without_a_mapping_members_have_the_names_of_fields() -> None:
    rules = parse_rules({}, {}, None, ())
    by_target = {each.target: each.sources[0].text for each in rules.mappings}
    assert by_target["phone"] == "/phone"
    assert by_target["touch.at"] == "/touch.at"
