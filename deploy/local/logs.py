"""Rotates log files, and reads their last lines for error messages."""

import shutil
from pathlib import Path

LARGEST = 10_000_000  # bytes
MAX_OLD_LOGS = 2  # beside the current one


def rotate(log: Path, largest: int = LARGEST) -> None:
    """Copy a large log and truncate it: the writer appends to the open file and continues.

    Lines written between the two steps are lost; a pipe would avoid that, but ends with the
    launcher.
    """
    if not log.exists() or log.stat().st_size < largest:
        return
    for number in range(MAX_OLD_LOGS, 1, -1):
        older, newer = _old(log, number), _old(log, number - 1)
        if newer.exists():
            newer.replace(older)
    shutil.copyfile(log, _old(log, 1))
    with log.open("r+b") as file:
        file.truncate(0)


def _old(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")


def last_lines(log: Path, count: int = 20) -> list[str]:
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64_000))
        return file.read().decode(errors="replace").splitlines()[-count:]
