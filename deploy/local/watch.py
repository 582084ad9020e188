"""One supervised program: it is started again when it ends, after a longer pause each time."""

import http.client
import subprocess
import time
from pathlib import Path

from deploy.local import processes
from deploy.local.logs import rotate
from deploy.local.ports import HOST, is_open
from deploy.local.processes import GRACE, Mark, Program
from deploy.local.state import Running

LONGEST_DELAY = 30.0  # seconds
HEALTHY_AFTER = 60.0  # seconds: a program that ran this long starts again with the shortest delay


def delay(deaths: int) -> float:
    """Seconds to wait after this many deaths in a row: 1, 2, 4, ... 30."""
    return min(LONGEST_DELAY, 2.0 ** (deaths - 1))


def health(port: int | None, ready: str | None) -> str:
    """How a program answers on its port.

    `ready`; another HTTP status as a number; `silent` when it does not answer; `up` when the
    program has no port, or a port without a readiness path that accepts connections.
    """
    if port is None:
        return "up"
    if ready is None:
        return "up" if is_open(port) else "silent"
    connection = http.client.HTTPConnection(HOST, port, timeout=3)
    try:
        connection.request("GET", ready)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return "silent"
    finally:
        connection.close()
    return "ready" if status == http.client.OK else str(status)


class Watch:
    """Starts one program, notices its end, and starts it again."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self.restarts = 0
        self._deaths = 0
        self._next_start = 0.0
        self._started = 0.0
        self._reload_until: float | None = None  # when a program that must restart is killed
        self._process: subprocess.Popen[bytes] | None = None
        self._mark: Mark | None = None

    def start(self) -> None:
        self._process = processes.start(self.program, self.log)
        self._mark = processes.mark(self._process.pid)
        self._started = time.monotonic()

    def tick(self) -> str:
        """Do what is due now; return what happened as a sentence, or an empty text."""
        rotate(self.log)
        if self._process is None:
            return self._start_again() if time.monotonic() >= self._next_start else ""
        if self.alive():
            if self._reload_until is not None and time.monotonic() > self._reload_until:
                self.end(0)
            return ""
        return self._died()

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
        self._deaths = 1 if now - self._started >= HEALTHY_AFTER else self._deaths + 1
        self._next_start = now + delay(self._deaths)
        return f"{self.program.name} ended with {code}: again in {delay(self._deaths):.0f} s"

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
