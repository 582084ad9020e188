"""Every error code has a text in both languages, with the same parameters."""

import ast
import json
from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest

from chassis.foundation.resource_texts import resource_texts
from chassis.foundation.text_rendering import placeholders
from chassis.foundation.texts import COMMON, Catalog
from chassis.web.enum_routes import enums_of, label_code
from deploy.services import SERVICES
from tests.architecture import rules

ROOT = Path(__file__).parents[2]


def raised_in(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        for code, line in rules.codes(ast.parse(path.read_text())):
            if code.replace("_", "").isupper():
                found[code] = f"{path.name}:{line}"
    return found


def own_texts(service: str) -> Catalog:
    texts: Catalog = import_module(f"{service}.texts").TEXTS
    return texts


def catalog(service: str) -> Catalog:
    """The texts of a service: its own, and those that follow from its resources."""
    return {**resource_texts(service), **own_texts(service)}


@pytest.mark.parametrize("service", SERVICES)
def test_every_code_of_a_service_has_texts(service: str) -> None:
    raised = raised_in(ROOT / "services" / service / "src")
    known = {**COMMON, **catalog(service)}
    assert {code: where for code, where in raised.items() if code not in known} == {}


def test_every_code_of_the_libraries_has_texts() -> None:
    raised = {
        **raised_in(ROOT / "libs/chassis/src"),
        **raised_in(ROOT / "libs/kernel/src"),
    }
    assert {code: where for code, where in raised.items() if code not in COMMON} == {}


@pytest.mark.parametrize("service", SERVICES)
def test_every_value_of_an_enum_has_a_label(service: str) -> None:
    """Labels are looked up by the names that the OpenAPI document gives enums."""
    known = {**COMMON, **catalog(service)}
    document = json.loads((ROOT / f"contracts/schemas/openapi/{service}.json").read_text())
    codes = [
        label_code(name, value) for name, values in enums_of(document).items() for value in values
    ]
    assert [code for code in codes if code not in known] == []
    in_texts = {kind for text in known.values() for kind in placeholders(text.zh).values()}
    labels = {code for code in own_texts(service) if "." in code}
    unused = {code for code in labels - set(codes) if code.partition(".")[0] not in in_texts}
    assert unused == set(), "labels of values that neither the API nor a text has"


def test_a_value_without_label_is_reported() -> None:
    field = {"anyOf": [{"enum": ["OLD", "NEW"]}, {"type": "null"}]}
    schemas = {
        "Colour": {"enum": ["RED", "GREEN"]},
        "Thing": {"properties": {"age": field, "paint": {"const": "RED"}, "token": {"const": "b"}}},
    }
    found = enums_of({"components": {"schemas": schemas}})
    assert found == {"Colour": ["RED", "GREEN"], "Thing.age": ["OLD", "NEW"]}


@pytest.mark.parametrize("service", ["chassis", *SERVICES])
def test_both_languages_use_the_same_parameters(service: str) -> None:
    texts = COMMON if service == "chassis" else catalog(service)
    for code, text in texts.items():
        assert text.zh
        assert text.en
        params = [{p[1] for p in Formatter().parse(t) if p[1]} for t in text]
        assert params[0] == params[1], code


def test_a_code_without_text_is_reported() -> None:
    tree = ast.parse('raise RuleBroken("NOBODY_WROTE_THIS", a=1)\nNotFound("lead", 1)')
    assert [code for code, _ in rules.codes(tree)] == ["NOBODY_WROTE_THIS", "LEAD_NOT_FOUND"]
