"""Selects the tests of `make test ONLY=...`: those of one part, or of the changed files."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import CannotGoOn
from deploy.local.places import ROOT
from deploy.services import SERVICES

LIBS = ("kernel", "chassis", "parties", "rules", "scoring", "testkit")
SYSTEM = "tests/system"
ARCHITECTURE = "tests/architecture"
RESOURCES = "tests/resources"  # the shared tests of lists, run for each declared list
LIST_SEARCHES = f"{RESOURCES}/test_list_searches.py"  # in `make test-deep`
EVERYTHING = (
    # The longest tests come first: a long one at the end would leave the other workers idle.
    *(ARCHITECTURE, RESOURCES, "tests/journeys", "tests/contracts", "tests/soak"),
    *("libs", "contracts", "services"),
)
FOLDERS = {
    "contracts": ("contracts", "tests/contracts"),
    "journeys": ("tests/journeys",),
    "architecture": (ARCHITECTURE,),
    "resources": (RESOURCES,),
    "system": (SYSTEM,),
    "soak": ("tests/soak",),
    # The tests of the chassis use the sample service of the testkit.
    "kernel": ("libs/kernel",),
    "chassis": ("libs/chassis",),
    "parties": ("libs/parties",),
    "rules": ("libs/rules",),
    "scoring": ("libs/scoring",),
    "testkit": ("libs/testkit", "libs/chassis"),
}


@dataclass(frozen=True)
class Selection:
    """Folders of tests; the tests of shared behavior run for `services`, or for all services."""

    folders: tuple[str, ...] = (*EVERYTHING, SYSTEM)
    services: tuple[str, ...] = ()

    @property
    def system(self) -> bool:
        """Whether the tests that start and kill whole processes are selected."""
        return SYSTEM in self.folders

    @property
    def others(self) -> list[str]:
        """The arguments for pytest that select the other tests."""
        folders = [f for f in self.folders if f != SYSTEM and (ROOT / f).is_dir()]
        if RESOURCES not in folders:
            return folders
        chosen = ["--services", ",".join(self.services)] if self.services else []
        return [*folders, "--ignore", LIST_SEARCHES, *chosen]


def select(only: str) -> Selection:
    """Return the tests of one part, of the `changed` files, or all for an empty name.

    Raises CannotGoOn for an unknown name.
    """
    if not only:
        return Selection()
    if only == "changed":
        return of_files(changed_files())
    if only in SERVICES:
        return Selection((f"services/{only}", RESOURCES), (only,))
    if only in FOLDERS:
        return Selection(FOLDERS[only])
    names = ", ".join([*SERVICES, *FOLDERS, "changed"])
    raise CannotGoOn(f"ONLY={only} is unknown: it is one of {names}.")


def changed_files() -> list[str]:
    """Return the files changed since this branch left `main`, committed or not."""
    base = _git("merge-base", "HEAD", "main") or ["HEAD"]
    new = _git("ls-files", "--others", "--exclude-standard")
    return sorted({*_git("diff", "--name-only", base[0]), *new})


def _git(*arguments: str) -> list[str]:
    completed = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return completed.stdout.splitlines()


def of_files(files: Sequence[str]) -> Selection:
    """Return the tests of the packages of these files, and those of the architecture.

    A change of the libraries, the contracts or a top-level file selects all tests.
    """
    folders: set[str] = {ARCHITECTURE}
    services: set[str] = set()
    for file in files:
        top, *rest = Path(file).parts
        if top in ("libs", "contracts") or (not rest and Path(file).suffix != ".md"):
            return Selection()
        if top == "services" and len(rest) > 1:
            services.add(rest[0])
            folders |= {f"services/{rest[0]}", RESOURCES}
        elif top == "tests" and len(rest) > 1:
            folders.add(f"tests/{rest[0]}")
        elif top == "deploy":
            folders |= {"tests/journeys", SYSTEM}
    if any(file.startswith(f"{RESOURCES}/") for file in files):
        services = set()  # for all of them
    return Selection(tuple(sorted(folders)), tuple(sorted(services)))
