"""Every text can be filled: its placeholders are given where its code is raised, and are words."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.foundation.text_rendering import (
    AMOUNT,
    CODE,
    CURRENCY,
    KINDS,
    NUMBER,
    RELATION,
    SCOPE,
    VALUES,
    TextRenderer,
    placeholders,
)
from chassis.foundation.texts import COMMON, Catalog
from deploy.services import SERVICES
from testkit.rendered_texts import faults_of
from tests.architecture.rules import CODED_ERRORS
from tests.architecture.test_texts import catalog

ROOT = Path(__file__).parents[2]
# Ids that people give and know themselves.
KNOWN_IDS = {"external_id", "client_id"}
SAMPLES: dict[str, Any] = {
    "": "张三",
    AMOUNT: "67.800000",
    CODE: "SALES_MANAGER",
    NUMBER: "67.800000",
    RELATION: ">=",
    SCOPE: ["mtl.lead.read", "org.person.write"],
    VALUES: ["A4", "A5"],
}


def all_texts(service: str) -> Catalog:
    return {**COMMON, **catalog(service)}


def sample_of(kind: str, texts: Catalog) -> Any:
    """A value of this kind; of an enum, all its values."""
    if kind in SAMPLES:
        return SAMPLES[kind]
    return [code.removeprefix(f"{kind}.") for code in texts if code.startswith(f"{kind}.")]


@pytest.mark.parametrize("service", SERVICES)
def test_every_text_is_rendered_without_a_word_of_programs(service: str) -> None:
    texts = all_texts(service)
    renderer = TextRenderer(texts)
    wrong = {}
    for code, text in texts.items():
        params = {name: sample_of(kind, texts) for name, kind in placeholders(text.zh).items()}
        params[CURRENCY] = "CNY"
        both = (renderer.render(text, params, "zh-CN"), renderer.render(text, params, "en"))
        faults = faults_of(text, params, both)
        if faults or "…" in "".join(both) or "67.800000" in "".join(both):
            wrong[code] = (both, faults)
    assert wrong == {}


@pytest.mark.parametrize("service", SERVICES)
def test_placeholders_have_known_kinds_and_are_no_ids(service: str) -> None:
    texts = all_texts(service)
    wrong = {
        code: (name, kind)
        for code, text in texts.items()
        for name, kind in placeholders(text.zh).items()
        if (kind and kind not in KINDS and not sample_of(kind, texts))
        or (name.endswith("_id") and name not in KNOWN_IDS)
        or placeholders(text.en) != placeholders(text.zh)
    }
    assert wrong == {}


def raised_params(tree: ast.AST) -> Iterator[tuple[str, set[str], int]]:
    """The codes that a module raises with the names of their params, where both are literal."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func).split(".")[-1]
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if called in CODED_ERRORS and len(node.args) == 1 and None not in given:
            yield from _with_code(node.args[0], {str(name) for name in given}, node.lineno)
        elif called == "Violation" and len(node.args) >= 2:
            params = node.args[2] if len(node.args) > 2 else ast.Dict([], [])
            yield from _with_code(node.args[1], _keys(params), node.lineno)
        elif called == "Finding" and node.args:
            params = node.args[2] if len(node.args) > 2 else given.get("params", ast.Dict([], []))
            yield from _with_code(node.args[0], _keys(params), node.lineno)


def _with_code(
    code: ast.expr, names: set[str] | None, line: int
) -> Iterator[tuple[str, set[str], int]]:
    if names is not None and isinstance(code, ast.Constant) and isinstance(code.value, str):
        yield code.value, names, line


def _keys(params: ast.expr) -> set[str] | None:
    """The keys of a literal dict; None if it is not literal."""
    if not isinstance(params, ast.Dict):
        return None
    keys = [key.value if isinstance(key, ast.Constant) else None for key in params.keys]
    return None if None in keys else {str(key) for key in keys}


def missing_in(folder: Path, texts: Catalog) -> dict[str, set[str]]:
    found = {}
    for path in sorted(folder.rglob("*.py")):
        for code, names, line in raised_params(ast.parse(path.read_text())):
            text = texts.get(code)
            missing = set() if text is None else _needed(text.zh) - names
            if missing:
                found[f"{code} {path.name}:{line}"] = missing
    return found


def _needed(text: str) -> set[str]:
    kinds = placeholders(text)
    return {*kinds, *([CURRENCY] if AMOUNT in kinds.values() else [])}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gives_the_params_of_its_texts(service: str) -> None:
    assert missing_in(ROOT / "services" / service / "src", all_texts(service)) == {}


def test_the_libraries_give_the_params_of_their_texts() -> None:
    assert missing_in(ROOT / "libs/chassis/src", COMMON) == {}
    assert missing_in(ROOT / "libs/kernel/src", COMMON) == {}


def test_a_missing_param_is_reported() -> None:
    tree = ast.parse(
        'raise RuleBroken("A", a=1)\nViolation("/x", "B", {"b": 1})\n'
        'Finding("C", "col", {"c": 1})\n'
        'RuleBroken("D", **more)\nViolation("/x", "E", params)'
    )
    assert [(code, names) for code, names, _ in raised_params(tree)] == [
        ("A", {"a"}),
        ("B", {"b"}),
        ("C", {"c"}),
    ]
