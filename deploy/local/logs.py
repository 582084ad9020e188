"""Rotates log files, and shows their last lines where a command cannot go on."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local.errors import CannotGoOn

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


def run_command(command: Callable[[], None]) -> None:
    """Run a command; if it cannot go on, print the end of the log and why, and exit with 1."""
    try:
        command()
    except CannotGoOn as reason:
        for line in last_lines(reason.log) if reason.log else []:
            print(f"  | {line}", file=sys.stderr)
        print(reason, file=sys.stderr)
        sys.exit(1)
