"""`make test ONLY=...` runs the tests of one part, or of what was changed."""

import pytest

from deploy.local.errors import CannotGoOn
from deploy.local.places import ROOT
from deploy.local.selection import FOLDERS, LIST_SEARCHES, Selection, of_files, select


def test_a_service_is_tested_with_what_all_services_share() -> None:
    chosen = select("l2o")
    without = ["--ignore", LIST_SEARCHES]
    assert chosen.others == ["services/l2o", "tests/resources", *without, "--services", "l2o"]
    assert (ROOT / LIST_SEARCHES).is_file()
    assert not chosen.system


def test_without_a_name_everything_runs() -> None:
    assert select("") == Selection()
    assert select("").system


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CannotGoOn, match=r"ONLY=l3o is unknown: it is one of org, cpq"):
        select("l3o")


def test_every_name_leads_to_folders_that_exist() -> None:
    assert [f for folders in FOLDERS.values() for f in folders if not (ROOT / f).is_dir()] == []


@pytest.mark.parametrize(
    "file",
    [
        "libs/chassis/src/chassis/database/engine.py",
        "contracts/src/contracts/event.py",
        "pyproject.toml",
    ],
)
def test_a_change_below_everything_runs_everything(file: str) -> None:
    assert of_files(["README.md", file]) == Selection()


def test_changes_run_their_own_tests_and_those_of_the_architecture() -> None:
    changed = ["services/rms/src/rms/app.py", "tests/journeys/world.py", "README.md"]
    folders = ("services/rms", "tests/architecture", "tests/journeys", "tests/resources")
    assert of_files(changed) == Selection(folders, ("rms",))
    assert of_files(["README.md"]) == Selection(("tests/architecture",))
    shared = of_files(["services/rms/src/rms/app.py", "tests/resources/conftest.py"])
    assert "tests/resources" in shared.folders
    assert shared.services == ()
