"""Templates: typed variables, what is wrong with a text, and what a message says."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.messages import MessageChannel, VariableType
from desk.message_templates.domain import (
    MAX_SMS,
    MessageTemplate,
    RenderedText,
)
from kernel.errors import Invalid
from kernel.ids import new_id

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
VALUES = {
    "customer": "王芳",
    "count": "12000.5",
    "total": {"amount": "1234567.5", "currency": "CNY"},
    "until": "2026-12-31",
    "url": "https://example.com/q/1?a=b",
}


def a_template(body: str, subject: str | None = "x", **fields: Any) -> MessageTemplate:
    values = {"code": "QUOTE_LINK", "name": "x", "channel": MessageChannel.MAIL, "language": "en"}
    return MessageTemplate(
        id=new_id(),
        created_at=NOON,
        updated_at=NOON,
        **{**values, "body": body, "subject": subject, **fields},
    )


def violations_of(template: MessageTemplate) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        template.ensure_valid()
    return [(one.pointer, one.code) for one in refused.value.violations]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "王芳 12,000.5 1,234,567.50 CNY 31 December 2026 https://example.com/q/1?a=b"),
        ("zh-CN", "王芳 12,000.5 1,234,567.50 CNY 2026年12月31日 https://example.com/q/1?a=b"),
    ],
)
def test_values_are_shown_by_type_and_language(language: str, expected: str) -> None:
    text = "{customer} {count:NUMBER} {total:MONEY} {until:DATE} {url:LINK}"
    template = a_template(text, language=language)
    template.ensure_valid()
    assert template.rendered(VALUES) == RenderedText("x", expected)
    assert template.variables == {
        "count": VariableType.NUMBER,
        "customer": VariableType.TEXT,
        "total": VariableType.MONEY,
        "until": VariableType.DATE,
        "url": VariableType.LINK,
    }


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("0", "CNY", "0.00 CNY"),
        ("-1.5", "CNY", "-1.50 CNY"),
        ("1000", "JPY", "1,000 JPY"),
        ("0.123456", "CNY", "0.123456 CNY"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(
    amount: str, currency: str, expected: str
) -> None:
    value = {"total": {"amount": amount, "currency": currency}}
    assert a_template("{total:MONEY}").rendered(value).body == expected


@pytest.mark.parametrize(
    ("subject", "body", "expected"),
    [
        ("{a", "x", [("/subject", "TEMPLATE_PLACEHOLDER_WRONG")]),
        ("x", "a } b", [("/body", "TEMPLATE_PLACEHOLDER_WRONG")]),
        ("x", "{}", [("/body", "TEMPLATE_PLACEHOLDER_WRONG")]),
        ("x", "{A}", [("/body", "TEMPLATE_PLACEHOLDER_WRONG")]),
        ("x", "{a.__class__}", [("/body", "TEMPLATE_PLACEHOLDER_WRONG")]),
        ("x", "{a!r}", [("/body", "TEMPLATE_PLACEHOLDER_WRONG")]),
        ("x", "{a:TIME}", [("/body", "TEMPLATE_TYPE_UNKNOWN")]),
        ("{a}", "{a:DATE}", [("/body", "TEMPLATE_TYPES_DIFFER")]),
        (None, "x", [("/subject", "TEMPLATE_SUBJECT_MISSING")]),
        (
            "{",
            "{b:X}",
            [("/subject", "TEMPLATE_PLACEHOLDER_WRONG"), ("/body", "TEMPLATE_TYPE_UNKNOWN")],
        ),
    ],
)
def test_everything_wrong_with_a_text_is_said_at_once(
    subject: str | None, body: str, expected: list[tuple[str, str]]
) -> None:
    assert violations_of(a_template(body, subject)) == expected


def test_a_text_message_has_no_subject() -> None:
    found = violations_of(a_template("x", "y", channel=MessageChannel.SMS))
    assert found == [("/subject", "TEMPLATE_SUBJECT_UNWANTED")]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("TEXT", 1),
        ("TEXT", " "),
        ("TEXT", "x" * 2001),
        ("NUMBER", 1.5),
        ("NUMBER", "1e5"),
        ("NUMBER", "NaN"),
        ("MONEY", "1"),
        ("MONEY", {"amount": 1, "currency": "CNY"}),
        ("MONEY", {"amount": "1", "currency": "XXX"}),
        ("MONEY", {"amount": "1", "currency": ["CNY"]}),
        ("MONEY", {"amount": "1", "currency": "CNY", "more": 1}),
        ("DATE", "2026-02-30"),
        ("DATE", "20261201"),
        ("DATE", 20261201),
        ("LINK", "javascript:alert(1)"),
        ("LINK", "https://"),
        ("LINK", "https://a b"),
        ("LINK", "https://a\r\nBcc: x"),
        ("LINK", "//example.com"),
        ("LINK", "https://[a"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        a_template(f"{{a:{kind}}}").rendered({"a": value})
    [one] = refused.value.violations
    assert (one.pointer, one.code, one.params) == ("/variables/a", "VARIABLE_WRONG", {"type": kind})


def test_missing_and_unknown_values_are_said_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        a_template("{a} {b}").rendered({"b": None, "c": "x"})
    assert {(one.pointer, one.code) for one in refused.value.violations} == {
        ("/variables/a", "VARIABLE_MISSING"),
        ("/variables/b", "VARIABLE_MISSING"),
        ("/variables/c", "UNKNOWN_FIELD"),
    }


def test_a_value_cannot_add_a_header_or_another_variable() -> None:
    template = a_template("{a} {b}", "{a}")
    shown = template.rendered({"a": "x\r\nBcc: all@example.com", "b": "{a}"})
    assert shown.subject == "x Bcc: all@example.com"
    assert shown.body == "x\r\nBcc: all@example.com {a}"


def test_a_text_message_has_a_length() -> None:
    template = a_template("{a}", None, channel=MessageChannel.SMS)
    assert len(template.rendered({"a": "x" * MAX_SMS}).body) == MAX_SMS
    with pytest.raises(Invalid, match="VALIDATION_FAILED"):
        template.rendered({"a": "x" * (MAX_SMS + 1)})


@given(st.text(min_size=1))
def test_any_text_can_be_said_with_doubled_braces(text: str) -> None:
    template = a_template(text.replace("{", "{{").replace("}", "}}"))
    template.ensure_valid()
    assert template.rendered({}).body == text


@given(st.text(alphabet="{}ab:TEXT", max_size=30))
def test_a_text_is_refused_or_can_be_rendered(text: str) -> None:
    template = a_template(text)
    try:
        template.ensure_valid()
    except Invalid:
        return
    values = {name: "x" for name, kind in template.variables.items() if kind is VariableType.TEXT}
    assert template.rendered(values).body is not None
