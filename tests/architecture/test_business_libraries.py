"""Every library under `libs` stands in the import contracts from its first day.

Import-linter cannot know a package that is not there, so these tests demand that a new library is
named to it, and gets a layer.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.test_linters import ROOT, copy, lint_imports

__all__ = ["copy"]  # the fixture
Plant = Callable[[str, str], None]
LAYER = re.compile(r"[a-z_0-9]+")


def settings(tree: Path) -> Mapping[str, Any]:
    """The settings of import-linter."""
    found: Mapping[str, Any] = tomllib.loads((tree / "pyproject.toml").read_text())
    return found["tool"]["importlinter"]  # type: ignore[no-any-return]  # of any shape


def outside_the_contracts(tree: Path) -> set[str]:
    """The packages of `libs` that import-linter does not read, or that have no layer."""
    packages = {path.parent.name for path in tree.glob("libs/*/src/*/__init__.py")}
    stack = next(one for one in settings(tree)["contracts"] if "services never meet" in one["name"])
    layers = {name for layer in stack["layers"] for name in LAYER.findall(layer)}
    return packages - (layers & {*settings(tree)["root_packages"]})


def register(tree: Path, name: str) -> None:
    """Name a new library to import-linter, as its author does."""
    path = tree / "pyproject.toml"
    if name not in settings(tree)["root_packages"]:
        text = path.read_text()
        path.write_text(text.replace("root_packages = [", f'root_packages = ["{name}", '))


@pytest.fixture
def plant(copy: Path) -> Any:
    """Write a module into a library of the copy; everything is undone at the end."""
    before = (copy / "pyproject.toml").read_text()
    planted: list[Path] = []

    def write(module: str, code: str) -> None:
        path = copy / f"libs/{module.split('.')[0]}/src/{module.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        package = path.parent / "__init__.py"
        if not package.exists():
            package.write_text('"""Planted."""\n')
            planted.append(package)
        path.write_text(f'"""Planted."""\n\n{code}\n')
        planted.append(path)

    yield write
    for path in planted:
        path.unlink(missing_ok=True)
    (copy / "pyproject.toml").write_text(before)


def test_every_library_stands_in_the_contracts() -> None:
    assert outside_the_contracts(ROOT) == set()


def test_a_new_library_must_be_named_to_import_linter(copy: Path, plant: Plant) -> None:
    plant("seasons.first", "")
    assert outside_the_contracts(copy) == {"seasons"}
    register(copy, "seasons")
    assert outside_the_contracts(copy) == {"seasons"}  # it has no layer yet
    path = copy / "pyproject.toml"
    path.write_text(
        path.read_text().replace(
            '  "rules | parties | scoring",', '  "rules | parties | scoring | seasons",'
        )
    )
    assert outside_the_contracts(copy) == set()


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("rules.first", "import mtl.leads.domain"),
        ("parties.first", "import rms.orders.domain"),
        ("rules.first", "import testkit.tokens"),
        ("rules.first", "import parties.first"),
    ],
)
def test_a_business_library_knows_no_service_and_no_other_library(
    copy: Path, plant: Plant, module: str, code: str
) -> None:
    for name in ("rules", "parties"):
        plant(f"{name}.first", "")
        register(copy, name)
    assert "0 broken" in lint_imports(copy)
    plant(module, code)
    assert "services never meet BROKEN" in lint_imports(copy)


def test_the_chassis_does_not_know_a_business_library(copy: Path, plant: Plant) -> None:
    plant("rules.first", "")
    register(copy, "rules")
    path = copy / "libs/chassis/src/chassis/records/codes.py"
    before = path.read_text()
    path.write_text(before + "\nimport rules.first\n")
    try:
        assert "services never meet BROKEN" in lint_imports(copy)
    finally:
        path.write_text(before)
