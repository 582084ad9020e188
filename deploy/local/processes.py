"""Starting, recognising and ending processes; a pid alone is no identity, as pids are reused."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

GRACE = 25.0  # seconds: services drain that long at most


@dataclass(frozen=True)
class Program:
    """What to run and how to know that it is well: `ready` is a path asked on `port`."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    ready: str | None = None
    user: str | None = None
    stop_signal: int = signal.SIGTERM
    cwd: Path | None = None


@dataclass(frozen=True)
class Mark:
    """A process for certain: its pid and the moment the kernel says it was started."""

    pid: int
    born: str


def mark(pid: int) -> Mark | None:
    """None when no such process lives; a zombie is dead."""
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        return _mark_by_ps(pid)
    try:
        after_name = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if after_name[0] in "ZX" else Mark(pid, after_name[19])


def _mark_by_ps(pid: int) -> Mark | None:
    ps = shutil.which("ps") or "ps"
    found = subprocess.run([ps, "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True)
    return Mark(pid, found.stdout.strip()) if found.stdout.strip() else None


def lives(known: Mark) -> bool:
    return mark(known.pid) == known


def start(program: Program, log: Path) -> subprocess.Popen[bytes]:
    """In a session of its own, so that the terminal's Ctrl-C does not reach it.

    Output is appended to `log` directly: a pipe would break when the launcher dies.
    """
    with log.open("ab") as out:
        return subprocess.Popen(
            program.argv,
            env={**os.environ, **program.env},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=program.cwd,
            user=program.user,
            group=group_of(program.user),
            extra_groups=[] if program.user else None,
        )


def group_of(user: str | None) -> int | None:

    return pwd.getpwnam(user).pw_gid if user else None


def end(known: Mark, *, stop_signal: int = signal.SIGTERM, grace: float = GRACE) -> bool:
    """Ask, wait, then kill the group. True when it went by itself."""
    ask(known, stop_signal)
    if wait_gone(known, grace):
        return True
    kill(known)
    wait_gone(known, 5)
    return False


def ask(known: Mark, stop_signal: int) -> None:
    if lives(known):
        os.kill(known.pid, stop_signal)


def kill(known: Mark) -> None:
    """The whole group, as each program leads one: nothing it started stays behind."""
    if lives(known):
        os.killpg(known.pid, signal.SIGKILL)


def wait_gone(known: Mark, timeout: float) -> bool:
    until = time.monotonic() + timeout
    while lives(known):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
