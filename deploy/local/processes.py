"""Starts, recognizes and ends processes. Pids are reused, so a `Mark` identifies a process."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

GRACE = 25.0  # seconds: the longest drain of a service


@dataclass(frozen=True)
class Program:
    """A program to run; `ready` is the path of its readiness check on `port`."""

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
    """Identifies a process: its pid and its start time as the kernel reports it."""

    pid: int
    born: str


def mark(pid: int) -> Mark | None:
    """Return the mark of a process; None if it does not run, or is a zombie."""
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
    output = subprocess.run([ps, "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True)
    return Mark(pid, output.stdout.strip()) if output.stdout.strip() else None


def lives(process: Mark) -> bool:
    return mark(process.pid) == process


def start(program: Program, log: Path) -> subprocess.Popen[bytes]:
    """Start a program in its own session, so that Ctrl-C in the terminal does not reach it.

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


def end(process: Mark, *, stop_signal: int = signal.SIGTERM, grace: float = GRACE) -> bool:
    """Send the stop signal, wait, then kill the group. Returns whether it ended before the kill."""
    ask(process, stop_signal)
    if wait_for_end(process, grace):
        return True
    kill(process)
    wait_for_end(process, 5)
    return False


def ask(process: Mark, stop_signal: int) -> None:
    if lives(process):
        os.kill(process.pid, stop_signal)


def kill(process: Mark) -> None:
    """Kill the process group, so that its child processes end as well."""
    if lives(process):
        os.killpg(process.pid, signal.SIGKILL)


def wait_for_end(process: Mark, timeout: float) -> bool:
    until = time.monotonic() + timeout
    while lives(process):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
