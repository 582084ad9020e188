"""One watched program: started, started again when it dies, and waited for longer each time."""

import http.client
import subprocess
import time
from pathlib import Path

from deploy.local import processes
from deploy.local.logs import rotate
from deploy.local.ports import HOST, is_open
from deploy.local.processes import Mark, Program
from deploy.local.state import Running

LONGEST_DELAY = 30.0  # seconds
HEALTHY_AFTER = 60.0  # a life this long forgives the deaths before it


def delay(deaths: int) -> float:
    """Seconds to wait after so many deaths in a row: 1, 2, 4, ... 30."""
    return min(LONGEST_DELAY, 2.0 ** (deaths - 1))


def health(port: int | None, ready: str | None) -> str:
    """`ready`, the HTTP status it answers instead, `silent`, or `up` where there is no question."""
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
    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self.restarts = 0
        self._deaths = 0
        self._next_start = 0.0
        self._started = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._mark: Mark | None = None

    def start(self) -> None:
        self._process = processes.start(self.program, self.log)
        self._mark = processes.mark(self._process.pid)
        self._started = time.monotonic()

    def tick(self) -> str:
        """Do what is due now; what happened, in words, or nothing."""
        rotate(self.log)
        if self._process is None:
            return self._again() if time.monotonic() >= self._next_start else ""
        return "" if self.alive() else self._died()

    def _again(self) -> str:
        self.restarts += 1
        self.start()
        return f"{self.program.name} is started again ({self.restarts})"

    def _died(self) -> str:
        now = time.monotonic()
        self._deaths = 1 if now - self._started >= HEALTHY_AFTER else self._deaths + 1
        self._next_start = now + delay(self._deaths)
        code, self._process = self.code(), None
        return f"{self.program.name} ended with {code}: again in {delay(self._deaths):.0f} s"

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def code(self) -> int | None:
        return self._process.poll() if self._process else None

    def health(self) -> str:
        return health(self.program.port, self.program.ready) if self.alive() else "dead"

    def ask(self) -> None:
        if self._mark:
            processes.ask(self._mark, self.program.stop_signal)

    def end(self, grace: float) -> None:
        """Wait for it to go, then make it; also reaps it."""
        if self._process is None or self._mark is None:
            return
        try:
            self._process.wait(max(0.0, grace))
        except subprocess.TimeoutExpired:
            processes.kill(self._mark)
            self._process.wait()

    def running(self) -> Running | None:
        if self._mark is None:
            return None
        it = self.program
        return Running(it.name, self._mark, it.port, it.ready, it.stop_signal, self.restarts)
