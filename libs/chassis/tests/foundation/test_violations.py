"""Violations of a body: one for each error, and none that only follows from another."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from chassis.foundation.texts import Texts
from chassis.foundation.violations import violations_of_body
from kernel.money import Money


class Part(BaseModel):
    """An element of a list."""

    number: int


TUPLE, LIST, SET = tuple[Part, ...], list[Part], set[int]


def codes(kind: Any, value: object, *, minimum: int = 1) -> list[tuple[str, str]]:
    limited = Annotated[kind, Field(min_length=minimum, max_length=3)]
    with pytest.raises(ValidationError) as invalid:
        TypeAdapter(limited).validate_python(value)
    return [(one.pointer, one.code) for one in violations_of_body(invalid.value)]


@pytest.mark.parametrize("kind", [TUPLE, LIST])
def test_a_list_is_not_too_short_because_its_elements_are_invalid(kind: Any) -> None:
    wrong, right = {"number": "x"}, {"number": 1}
    assert codes(kind, [wrong]) == [("/0/number", "TYPE_INVALID")]
    assert codes(kind, [wrong, right], minimum=2) == [("/0/number", "TYPE_INVALID")]
    assert codes(kind, [right, {}], minimum=2) == [("/1/number", "REQUIRED")]


@pytest.mark.parametrize("kind", [TUPLE, LIST, SET])
def test_a_list_that_is_too_short_or_too_long_is_reported(kind: Any) -> None:
    assert codes(kind, []) == [("", "TOO_SHORT")]
    elements: list[Any] = [1, 2, 3, 4] if kind is SET else [{"number": 1}] * 4
    assert codes(kind, elements) == [("", "TOO_LONG")]
    assert ("", "TOO_SHORT") in codes(TUPLE, [{"number": "x"}], minimum=2)


def test_a_set_counts_equal_elements_once() -> None:
    assert codes(SET, [1, 1], minimum=2) == [("", "TOO_SHORT")]


@pytest.mark.parametrize(
    ("kind", "value", "zh", "en"),
    [
        (
            Money,
            "12.30",
            "应填写为包含金额和币种的一组值。",
            "The value must be an amount together with its currency.",
        ),
        (Part, "x", "应填写为一组字段。", "The value must be a group of fields."),
        (dict[str, int], 1, "应填写为一组字段。", "The value must be a group of fields."),
        (list[Part], 1, "应填写为列表。", "The value must be a list."),
        (int, "x", "应填写为整数。", "The value must be a whole number."),
        (bool, "x", "应填写为是或否。", "The value must be yes or no."),
    ],
)
def test_the_message_of_a_wrong_type_is_a_plain_sentence(
    kind: Any, value: object, zh: str, en: str
) -> None:
    with pytest.raises(ValidationError) as invalid:
        TypeAdapter(kind).validate_python(value)
    [violation] = violations_of_body(invalid.value)
    texts = Texts()
    said = [texts.say(violation.code, violation.params, language) for language in ("zh-CN", "en")]
    assert said == [zh, en]
