"""`RELOAD=1 make up`: finds the source files that changed, and which programs run them."""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from deploy.local.processes import Program

LOOK_SECONDS = 1.0  # between two looks at all source files; one look takes some 10 ms
SOURCES = ("contracts/src", "libs/*/src", "services/*/src")


class SourceChanges:
    """The Python files under `root` that were written, added or removed since the last report."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen = self._modification_times()
        self._changed: set[Path] = set()
        self._looked_at = time.monotonic()

    def settled(self) -> set[Path]:
        """The changed files, once a whole look has found no further change; else an empty set.

        A save of many files, or a checkout of another branch, so makes one restart, not several.
        """
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return set()
        self._looked_at = time.monotonic()
        now = self._modification_times()
        changed = {path for path in self._seen | now if self._seen.get(path) != now.get(path)}
        self._seen = now
        if changed:
            self._changed |= changed
            return set()
        settled, self._changed = self._changed, set()
        return settled

    def concern(self, program: Program, changed: Iterable[Path]) -> bool:
        """Whether this program runs one of the changed files.

        A file of `services/<name>` concerns the programs that name the service; a file of libs or
        contracts concerns all of them.
        """
        for path in changed:
            top, name, *_ = path.relative_to(self._root).parts
            if top != "services" or name in program.argv:
                return True
        return False

    def _modification_times(self) -> dict[Path, int]:
        return {
            path: modified
            for pattern in SOURCES
            for folder in self._root.glob(pattern)
            for path, modified in _python_files(folder)
        }


def _python_files(folder: Path) -> Iterator[tuple[Path, int]]:
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".py"):
                path = Path(place, name)
                try:
                    yield path, path.stat().st_mtime_ns
                except FileNotFoundError:  # removed between the two calls
                    continue
