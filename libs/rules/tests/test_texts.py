"""Every code of the library has a text in both languages, which says it without programs' words."""

import ast
from pathlib import Path
from typing import Any

import pytest

import rules
from chassis.foundation.text_rendering import TextRenderer, placeholders
from chassis.foundation.texts import COMMON
from rules.conditions import Operator
from rules.texts import TEXTS
from testkit.rendered_texts import faults_of

RAISERS = {"refuse", "WrongValue", "Violation", "Conflict"}
PARAMS: dict[str, Any] = {
    "field": "custom.region",
    "expected": [each.value for each in Operator],
    "limit": 6,
    "rows": [1, 3],
    "version": 2,
    "given": "未知",
}


def raised() -> set[str]:
    """The codes that stand where the library refuses something."""
    found = set()
    for path in Path(str(rules.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in RAISERS:
                constants = (each.value for each in node.args if isinstance(each, ast.Constant))
                found |= {str(each) for each in constants if str(each).isupper()}
    return found


def test_every_code_has_a_text() -> None:
    assert len(raised()) > 20
    assert raised() - {*TEXTS, *COMMON} == set()
    own = {code for code in TEXTS if "." not in code}
    of_missing = {"RULE_SET_NOT_FOUND", "RULE_VERSION_NOT_FOUND"}  # NotFound makes these codes
    assert own - raised() - of_missing == {"RULE_OPERATOR_UNFIT"}, "it stands in a variable"
    assert {*TEXTS} & {*COMMON} == set(), "texts that the chassis has already"


def test_every_operator_has_a_label() -> None:
    labels = {code.partition(".")[2] for code in TEXTS if code.startswith("Operator.")}
    assert labels == {each.value for each in Operator}


@pytest.mark.parametrize("code", TEXTS)
def test_texts_are_rendered_without_a_word_of_programs(code: str) -> None:
    text = TEXTS[code]
    renderer = TextRenderer({**COMMON, **TEXTS})
    params = {name: PARAMS[name] for name in placeholders(text.zh)}
    assert placeholders(text.en) == placeholders(text.zh)
    both = (renderer.render(text, params, "zh-CN"), renderer.render(text, params, "en"))
    assert faults_of(text, params, both) == []
