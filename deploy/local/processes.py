"""Starts, identifies and stops processes. A pid alone is no identity, because pids are reused."""

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
    """What to run. `ready` is the path that answers 200 on `port` when the program is ready."""

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
    """The identity of a process: its pid and the start time that the kernel records."""

    pid: int
    born: str


def mark(pid: int) -> Mark | None:
    """The identity of a running process; None when there is none, or only a zombie."""
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
    answer = subprocess.run([ps, "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True)
    return Mark(pid, answer.stdout.strip()) if answer.stdout.strip() else None


def lives(known: Mark) -> bool:
    """Whether this very process still runs."""
    return mark(known.pid) == known


def start(program: Program, log: Path) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C in the terminal does not stop it.

    Its output is appended to `log` directly: a pipe would break when the launcher ends.
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
    """The primary group of a user."""
    return pwd.getpwnam(user).pw_gid if user else None


def end(known: Mark, *, stop_signal: int = signal.SIGTERM, grace: float = GRACE) -> bool:
    """Send the stop signal, wait, then kill the group. Returns whether it ended by itself."""
    ask(known, stop_signal)
    if wait_gone(known, grace):
        return True
    kill(known)
    wait_gone(known, 5)
    return False


def ask(known: Mark, stop_signal: int) -> None:
    """Send the stop signal, if the process still runs."""
    if lives(known):
        os.kill(known.pid, stop_signal)


def kill(known: Mark) -> None:
    """Kill the whole process group, so that nothing the program started keeps running."""
    if lives(known):
        os.killpg(known.pid, signal.SIGKILL)


def wait_gone(known: Mark, timeout: float) -> bool:
    """Wait for the end of a process. Returns False after the timeout."""
    until = time.monotonic() + timeout
    while lives(known):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
