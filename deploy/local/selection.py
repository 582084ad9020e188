"""Which tests `make test ONLY=...` runs: those of one part, or of what was changed."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import CannotGoOn
from deploy.local.places import ROOT
from deploy.services import SERVICES

LIBS = ("kernel", "chassis", "testkit")
SYSTEM = "tests/system"
ARCHITECTURE = "tests/architecture"
RESOURCES = "tests/resources"  # what all declared lists share, once for each
EVERYTHING = (
    *("libs", "contracts", "services"),
    *(ARCHITECTURE, RESOURCES, "tests/contracts", "tests/journeys"),
)
FOLDERS = {
    "contracts": ("contracts", "tests/contracts"),
    "journeys": ("tests/journeys",),
    "architecture": (ARCHITECTURE,),
    "resources": (RESOURCES,),
    "system": (SYSTEM,),
    # The sample service of the testkit is what the tests of the chassis run against.
    "kernel": ("libs/kernel",),
    "chassis": ("libs/chassis",),
    "testkit": ("libs/testkit", "libs/chassis"),
}


@dataclass(frozen=True)
class Selection:
    """Folders of tests; the tests of what services share run for `services`, or for all."""

    folders: tuple[str, ...] = (*EVERYTHING, SYSTEM)
    services: tuple[str, ...] = ()

    @property
    def system(self) -> bool:
        """Whether it holds the tests that start and kill whole processes."""
        return SYSTEM in self.folders

    @property
    def others(self) -> list[str]:
        """What pytest is told to run beside them."""
        folders = [f for f in self.folders if f != SYSTEM and (ROOT / f).is_dir()]
        chosen = self.services and RESOURCES in folders
        return [*folders, *(["--services", ",".join(self.services)] if chosen else [])]


def select(only: str) -> Selection:
    """The tests of one part, of what was `changed`, or all for an empty name.

    Raises CannotGoOn for a name that is none.
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
    """Files that differ from where this branch left `main`, committed or not."""
    base = _git("merge-base", "HEAD", "main") or ["HEAD"]
    new = _git("ls-files", "--others", "--exclude-standard")
    return sorted({*_git("diff", "--name-only", base[0]), *new})


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.splitlines()


def of_files(files: Sequence[str]) -> Selection:
    """The tests of the packages these files are in, and those of the architecture.

    Everything stands on the libraries, the contracts and the files at the top.
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
