"""`make new` writes what passes the linters and its own tests, as it stands.

tests/deep/test_scaffold.py checks its types and runs all architecture and contract tests on it.
"""

from pathlib import Path

import pytest

from deploy.local.errors import CannotGoOn
from deploy.new.edits import Files, after
from deploy.new.names import Names, ensure_new_service, ensure_resource, plural
from deploy.services import ROOT, SERVICES, services_in
from tests.architecture.scratch import copy_tree, run_git, run_in

CHANGED = ".git/changed_by_a_resource"
WRITTEN = (
    "contracts/src/contracts/insight",
    "services/insight",
    "services/l2o/src/l2o/gifts",
    "services/l2o/tests/gifts",
)

pytestmark = pytest.mark.xdist_group("scaffold")  # one copy of the tree serves all of them


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree with a new resource, and a new service with a resource of two words."""
    copy = copy_tree(tmp_path_factory.mktemp("scaffold"))
    run_in(copy, "python", "-m", "deploy.new", "l2o", "gift")
    (copy / CHANGED).write_text("\n".join(changed_files(copy)))
    run_in(copy, "python", "-m", "deploy.new", "insight")
    run_in(copy, "python", "-m", "deploy.new", "insight", "price_rule")
    return copy


def changed_files(tree: Path) -> list[str]:
    """The files of the tree as git knows it that have other content now."""
    return run_git(tree, "diff", "--name-only").split()


def test_a_resource_changes_four_files_beside_its_own(tree: Path) -> None:
    """A list, a map or a registry that each resource had to be entered in would be a fifth."""
    assert (tree / CHANGED).read_text().split() == [
        "contracts/src/contracts/l2o/events.py",
        "contracts/src/contracts/l2o/resources.py",
        "services/l2o/README.md",
        "services/l2o/src/l2o/app.py",
    ]


def test_a_new_service_is_found_by_its_folder(tree: Path) -> None:
    assert set(services_in(tree)) == {*SERVICES, "insight"}


def test_org_waits_for_the_new_service_in_tenant_tasks(tree: Path) -> None:
    """Else org would delete a tenant before the service has reported, or never."""
    program = (
        "from contracts.resources import declared_services; from org.worker import WORKER; "
        "print(*declared_services(), *(s.topics for s in WORKER.subscriptions))"
    )
    printed = run_in(tree, "python", "-c", program)
    assert "insight" in printed.split()
    assert "insight.tenant_task.v1" in printed


def test_no_file_of_org_changes(tree: Path) -> None:
    for path in (ROOT / "services/org").rglob("*.py"):
        assert (tree / path.relative_to(ROOT)).read_text() == path.read_text()


def test_no_placeholder_is_left(tree: Path) -> None:
    for folder in WRITTEN:
        for path in (tree / folder).rglob("*.*"):
            if path.suffix in (".py", ".md", ".toml"):
                for word in ("xservice", "xresource", "xword", "xurl", "xdate", "xprevious"):
                    assert word not in f"{path.relative_to(tree)} {path.read_text()}".lower()


@pytest.mark.parametrize(
    "command",
    ["ruff check .", "ruff format --check .", "lint-imports"],
    ids=lambda command: " ".join(command.split()[:2]),
)
def test_the_linters_find_nothing(tree: Path, command: str) -> None:
    run_in(tree, *command.split())


def test_the_tests_of_the_new_service_pass(tree: Path) -> None:
    printed = run_in(tree, "pytest", "-q", "services/insight", "services/l2o/tests/gifts")
    assert " passed" in printed


def test_a_repeated_command_writes_nothing(tree: Path) -> None:
    before = changed_files(tree)
    with pytest.raises(AssertionError, match=r"l2o_add_gifts exists already"):
        run_in(tree, "python", "-m", "deploy.new", "l2o", "gift")
    assert changed_files(tree) == before


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("activity", "activities"),
        ("survey", "surveys"),
        ("tax", "taxes"),
        ("branch", "branches"),
        ("price_rule", "price_rules"),
    ],
)
def test_plurals_follow_the_rules_of_spelling(noun: str, expected: str) -> None:
    assert plural(noun) == expected


def test_every_form_of_a_name_is_filled_in() -> None:
    names = Names("insight", "activity_note")
    template = "XSERVICE Xresource xresources XRESOURCE /xurl a xword, A xword, XWords"
    assert names.fill(template) == (
        "INSIGHT ActivityNote activity_notes ACTIVITY_NOTE /activity-notes"
        " an activity note, An activity note, Activity notes"
    )


@pytest.mark.parametrize(
    "name", ["", "d", "Insight", "json", "class", "1insight", "testkit", "l2o"]
)
def test_a_service_with_an_unusable_name_is_refused(name: str) -> None:
    with pytest.raises(CannotGoOn, match=r"SERVICE=|exists already"):
        ensure_new_service(name, SERVICES)


@pytest.mark.parametrize(
    "names",
    [
        Names("nowhere", "note"),
        Names("l2o", "Note"),
        Names("l2o", "class"),
        Names("l2o", "note_"),
        Names("l2o", "n" * 21),
    ],
)
def test_a_resource_with_an_unusable_name_is_refused(names: Names) -> None:
    with pytest.raises(CannotGoOn, match=r"SERVICE=|RESOURCE="):
        ensure_resource(names, SERVICES)


def test_nothing_is_written_when_a_file_has_no_place_for_an_edit(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("routers = []\n")
    files = Files(tmp_path)
    files.create("new.py", "A = 1\n")
    with pytest.raises(CannotGoOn, match=r"app\.py has no line like \^TEXTS: nothing was written"):
        files.edit("app.py", after("^TEXTS", "x"))
    assert not (tmp_path / "new.py").exists()
