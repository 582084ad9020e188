"""The whole tree keeps the rules of `rules.py`, and each rule catches a planted violation."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from deploy.services import SERVICES
from tests.architecture import rules
from tests.architecture.events_and_tables import foreign_facts

ROOT = Path(__file__).parents[2]
STANDARD = frozenset(sys.stdlib_module_names)
pure_domain = partial(rules.pure_domain, standard=STANDARD)
Rule = Callable[[Path, ast.Module], Iterator[str]]

RULES: list[Rule] = [
    rules.names,
    rules.sizes,
    rules.commits,
    rules.producers,
    rules.broad_excepts,
    rules.http_clients,
    rules.inner_imports,
    rules.bare_exceptions,
    rules.trimmed_texts,
    foreign_facts,
    pure_domain,
]


def name_of(rule: object) -> str:
    return getattr(rule, "__name__", "pure_domain")


def sources() -> Iterator[Path]:
    for folder in ("services", "libs", "contracts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "tests" not in path.parts:
                yield path


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_the_tree_keeps_the_rule(rule: Rule) -> None:
    found = [c for path in sources() for c in rule(path, ast.parse(path.read_text()))]
    assert found == []


SAMPLES: list[tuple[Rule, str, str]] = [
    (rules.names, "services/mtl/src/mtl/utils.py", "x = 1"),
    (rules.names, "services/mtl/src/mtl/leads/actions.py", "class LeadService: ..."),
    (rules.sizes, "libs/kernel/src/kernel/long.py", "x = 1\n" * 301),
    (rules.sizes, "libs/chassis/src/chassis/events/events.py", "x = 1\n" * 301),
    (rules.sizes, "libs/kernel/src/kernel/tall.py", "def f():\n" + "    x = 1\n" * 40),
    (rules.commits, "services/mtl/src/mtl/leads/actions.py", "async def f(tx): await tx.commit()"),
    (
        rules.producers,
        "services/mtl/src/mtl/leads/actions.py",
        "from aiokafka import AIOKafkaProducer",
    ),
    (
        rules.broad_excepts,
        "services/mtl/src/mtl/leads/actions.py",
        "try: ...\nexcept Exception: ...",
    ),
    (rules.broad_excepts, "libs/chassis/src/chassis/web/auth.py", "try: ...\nexcept: ..."),
    (rules.http_clients, "services/mtl/src/mtl/leads/actions.py", "import httpx"),
    (rules.inner_imports, "libs/chassis/src/chassis/x.py", "def f():\n    import os"),
    (rules.bare_exceptions, "libs/chassis/src/chassis/x.py", "x = f()  # type: ignore[misc]"),
    (
        rules.trimmed_texts,
        "services/mtl/src/mtl/leads/schemas.py",
        "StringConstraints(strip_whitespace=True)",
    ),
    (
        foreign_facts,
        "services/org/src/org/tasks/handlers.py",
        "from contracts.mtl.events import LeadAssigned",
    ),
    (foreign_facts, "services/org/src/org/worker.py", "from contracts.cpq import events as cpq"),
    (foreign_facts, "services/org/src/org/worker.py", "from contracts import rms"),
    (pure_domain, "services/mtl/src/mtl/leads/domain.py", "import sqlalchemy"),
    (
        pure_domain,
        "services/mtl/src/mtl/leads/domain.py",
        "from datetime import datetime\ndatetime.now()",
    ),
    (
        pure_domain,
        "services/cpq/src/cpq/quotes/domain/pricing.py",
        "from kernel.ids import new_id\nnew_id()",
    ),
]


@pytest.mark.parametrize(
    ("rule", "path", "code"), SAMPLES, ids=lambda v: name_of(v) if callable(v) else ""
)
def test_the_rule_catches_its_sample(rule: Rule, path: str, code: str, tmp_path: Path) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(code)
    assert list(rule(file, ast.parse(code)))


def test_the_top_level_has_listed_entries_only() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    tracked = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert rules.top_level(tracked) == []
    assert rules.top_level({"notes.txt"}) == ["notes.txt"]


@pytest.mark.parametrize("service", SERVICES)
def test_features_have_declared_rooms_only(service: str) -> None:
    assert rules.rooms(ROOT / "services" / service / "src" / service) == []


def test_undeclared_modules_and_rooms_are_reported(tmp_path: Path) -> None:
    (tmp_path / "leads").mkdir()
    (tmp_path / "utils.py").touch()
    (tmp_path / "leads" / "events.py").touch()
    (tmp_path / "lead").mkdir()
    (tmp_path / "lead" / "__init__.py").write_text('"""Leads."""')
    found = " ".join(rules.rooms(tmp_path))
    for expected in ("stray module", "not a room", "docstring", "plural"):
        assert expected in found
