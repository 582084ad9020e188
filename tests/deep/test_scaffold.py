"""The whole tree passes its tests with a new resource and a new service in it."""

from pathlib import Path

import pytest

from tests.architecture.scratch import borrow_mypy_cache, copy_tree, run_in

SUITES = (
    "services/org/tests",
    "services/insight",
    "services/l2o/tests/gifts",
    "tests/contracts",
    "tests/journeys",
    "tests/architecture",
    "tests/resources",
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = copy_tree(tmp_path_factory.mktemp("scaffold"))
    run_in(copy, "python", "-m", "deploy.new", "l2o", "gift")
    run_in(copy, "python", "-m", "deploy.new", "insight")
    run_in(copy, "python", "-m", "deploy.new", "insight", "price_rule")
    run_in(copy, "python", "-m", "deploy.contracts")
    borrow_mypy_cache(copy)
    return copy


def test_types_and_import_contracts_are_correct(tree: Path) -> None:
    run_in(tree, "mypy", ".")
    run_in(tree, "python", "-m", "deploy.contracts", "--check")


def test_the_whole_suite_passes(tree: Path) -> None:
    shared = ("-n", "2", "--services", "insight,l2o")
    without = ("--ignore", "tests/architecture/test_scaffold.py")
    run_in(tree, "pytest", "-q", *shared, *SUITES, *without)
