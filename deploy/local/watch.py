"""One supervised program: it is started again when it ends.

It starts again at once if it had become ready; the pause grows only for what dies at its start.
"""

import http.client
import json
import subprocess
import time
from pathlib import Path
from typing import Any

from deploy.local import processes
from deploy.local.logs import rotate
from deploy.local.ports import HOST, is_open
from deploy.local.processes import GRACE, Mark, Program
from deploy.local.state import Running

LONGEST_DELAY = 30.0  # seconds
LOOK_EVERY = 0.5  # seconds between two looks whether a program has become ready
UNWATCHED_START = 10.0  # seconds that the start of a program takes that has no port
SETTLED = ("ready", "up", "waits")  # waiting longer changes nothing


def delay(deaths: int) -> float:
    """Seconds to wait after this many deaths at the start in a row: 1, 2, 4, ... 30."""
    return min(LONGEST_DELAY, 2.0 ** (deaths - 1))


def health(port: int | None, ready: str | None, timeout: float = 3) -> str:
    """How a program answers on its port.

    `ready`; `waits` when only an operator can help it; another HTTP status as a number; `silent`
    when it does not answer; `up` when the program has no port, or a port without a readiness path
    that accepts connections.
    """
    if port is None:
        return "up"
    if ready is None:
        return "up" if is_open(port) else "silent"
    status, body = _answer(port, ready, timeout)
    if status is None:
        return "silent"
    if status == http.client.OK:
        return "ready"
    return "waits" if body.get("waiting_for_operator") else str(status)


def remedies(port: int | None, ready: str | None) -> list[str]:
    """Return the sentences of a program that waits for an operator."""
    body = _answer(port, ready, 3)[1] if port and ready else {}
    return [str(sentence) for sentence in body.get("waiting_for_operator", ())]


def _answer(port: int, path: str, timeout: float) -> tuple[int | None, dict[str, Any]]:
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        text = response.read()
        body = json.loads(text) if text else {}
    except (OSError, http.client.HTTPException):
        return None, {}
    except ValueError:
        return response.status, {}
    finally:
        connection.close()
    return response.status, body if isinstance(body, dict) else {}


class Watch:
    """Starts one program, notices its end, and starts it again."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self.restarts = 0
        self._deaths = 0
        self._next_start = 0.0
        self._started = 0.0
        self._has_started = False  # whether it has become ready since its last start
        self._next_look = 0.0
        self._reload_until: float | None = None  # when a program that must restart is killed
        self._process: subprocess.Popen[bytes] | None = None
        self._mark: Mark | None = None

    def start(self) -> None:
        self._process = processes.start(self.program, self.log)
        self._mark = processes.mark(self._process.pid)
        self._started = time.monotonic()
        self._has_started = False

    def tick(self) -> str:
        """Do what is due now; return what happened as a sentence, or an empty text."""
        rotate(self.log)
        if self._process is None:
            return self._start_again() if time.monotonic() >= self._next_start else ""
        if self.alive():
            if self._reload_until is not None and time.monotonic() > self._reload_until:
                self.end(0)
            self._look()
            return ""
        return self._died()

    def _look(self) -> None:
        """Note when the program has become ready, or waits for an operator."""
        now = time.monotonic()
        if self._has_started or now < self._next_look:
            return
        self._next_look = now + LOOK_EVERY
        if self.program.port is None:
            self._has_started = now - self._started >= UNWATCHED_START
        else:
            answer = health(self.program.port, self.program.ready, timeout=LOOK_EVERY)
            self._has_started = answer in SETTLED

    def _start_again(self) -> str:
        self.restarts += 1
        self.start()
        return f"{self.program.name} is started again ({self.restarts})"

    def _died(self) -> str:
        now = time.monotonic()
        code, self._process = self.code(), None
        if self._reload_until is not None:
            self._reload_until, self._deaths, self._next_start = None, 0, now
            return f"{self.program.name} ended because its source files changed"
        self._deaths = 0 if self._has_started else self._deaths + 1
        pause = delay(self._deaths) if self._deaths else 0.0
        self._next_start = now + pause
        return f"{self.program.name} ended with {code}: again in {pause:.0f} s"

    def reload(self) -> None:
        """Restart the program without a pause, also when it waits after a death."""
        if self._process is None:
            self._deaths, self._next_start = 0, 0.0
        else:
            self._reload_until = time.monotonic() + GRACE
            self.ask()

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def code(self) -> int | None:
        """The exit code, or None while it runs or before it was started."""
        return self._process.poll() if self._process else None

    def health(self) -> str:
        """As `health`, or `dead`."""
        return health(self.program.port, self.program.ready) if self.alive() else "dead"

    def ask(self) -> None:
        """Send the signal that stops the program gracefully."""
        if self._mark:
            processes.ask(self._mark, self.program.stop_signal)

    def end(self, grace: float) -> None:
        """Wait this many seconds for the program to end, then kill it; reap it in either case."""
        if self._process is None or self._mark is None:
            return
        try:
            self._process.wait(max(0.0, grace))
        except subprocess.TimeoutExpired:
            processes.kill(self._mark)
            self._process.wait()

    def running(self) -> Running | None:
        """The entry of this program in `state.json`; None before its first start."""
        if self._mark is None:
            return None
        it = self.program
        return Running(it.name, self._mark, it.port, it.ready, it.stop_signal, self.restarts)
