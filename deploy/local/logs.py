"""Log files: rotated while they are written, and read when something fails."""

import shutil
from pathlib import Path

LARGEST = 10_000_000  # bytes
OLD_FILES = 2  # beside the current one


def rotate(log: Path, largest: int = LARGEST) -> None:
    """Copy a log that is too large, then truncate it; its writer keeps appending to the same file.

    Lines written between the two steps are lost. That is accepted, since it needs no pipe.
    """
    if not log.exists() or log.stat().st_size < largest:
        return
    for number in range(OLD_FILES, 1, -1):
        older, newer = _old_name(log, number), _old_name(log, number - 1)
        if newer.exists():
            newer.replace(older)
    shutil.copyfile(log, _old_name(log, 1))
    with log.open("r+b") as file:
        file.truncate(0)


def _old_name(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")


def last_lines(log: Path, count: int = 20) -> list[str]:
    """The last lines of a log; none when it does not exist."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64_000))
        return file.read().decode(errors="replace").splitlines()[-count:]
