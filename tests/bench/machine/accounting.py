"""CPU time and memory of processes with all their children, read from /proc."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time that these processes and all their descendants have used so far.

    A child that has ended counts in its parent (cutime, cstime), which has waited for it; one that
    runs counts itself. So a difference of two readings misses nothing.
    """
    running = _processes()
    tree: set[int] = set()
    for pid in pids:
        tree |= _with_descendants(pid, running)
    return sum(_ticks(running[pid]) for pid in tree) / TICKS_PER_SECOND


class BusyShare:
    """Which share of all cores has been busy since this was made, with whatever runs beside."""

    def __init__(self) -> None:
        self._began = self._ticks()

    def now(self) -> float:
        """Return the share, 1 being all cores."""
        busy, total = (now - then for now, then in zip(self._ticks(), self._began, strict=True))
        return busy / max(1, total)

    @staticmethod
    def _ticks() -> tuple[int, int]:
        fields = [int(each) for each in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        waiting = fields[3] + fields[4]  # idle, iowait
        return sum(fields) - waiting, sum(fields)


def memory_bytes(pid: int) -> int:
    """Return the resident memory of one process, without its children."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES


def peak_memory_bytes(pid: int) -> int:
    """Return the most resident memory that a process has ever had, without its children."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) * 1024


def _processes() -> dict[int, list[str]]:
    """Return the fields of /proc/PID/stat after the name, for every running process."""
    found: dict[int, list[str]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended meanwhile
            found[int(folder.name)] = stat.rpartition(")")[2].split()
    return found


def _with_descendants(root: int, running: Mapping[int, list[str]]) -> set[int]:
    children: defaultdict[int, list[int]] = defaultdict(list)
    for pid, fields in running.items():
        children[int(fields[1])].append(pid)
    tree, waiting = set(), [root]
    while waiting:
        pid = waiting.pop()
        if pid in running:
            tree.add(pid)
        waiting += children[pid]
    return tree


def _ticks(fields: list[str]) -> int:
    return sum(int(each) for each in fields[11:15])  # utime, stime, cutime, cstime
