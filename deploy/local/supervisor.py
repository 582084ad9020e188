"""The process behind `make up`: starts the programs, restarts those that end, stops them all."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from deploy.local import processes, state
from deploy.local.errors import CannotGoOn
from deploy.local.logs import rotate
from deploy.local.places import Place
from deploy.local.processes import GRACE, Program
from deploy.local.reload import SourceChanges
from deploy.local.state import State
from deploy.local.watch import SETTLED, Watch

PAUSE = 0.2  # seconds between two looks at all programs
PATIENCE = 120.0  # seconds for all programs of a stage to become ready
TOO_MANY_DEATHS = 3  # a program that ends this often while starting will not become ready


class Stopped(Exception):
    """A signal asked the supervisor to stop."""


class Supervisor:
    """Supervises all programs of one stack.

    With `sources`, the root of a checkout, it also restarts the services that were edited there.
    """

    def __init__(self, place: Place, *, sources: Path | None = None) -> None:
        self.place = place
        self.stopping = False
        self._sources = SourceChanges(sources) if sources else None
        self.state = State("starting", supervisor=processes.mark(os.getpid()), started_at=_now())
        self._watches: list[Watch] = []

    def run(self, bring_up: Callable[["Supervisor"], None]) -> bool:
        """Start all programs and supervise them until a signal asks to stop.

        Returns False when `bring_up` failed; then no program is left running.
        """
        failure: CannotGoOn | None = None
        try:
            bring_up(self)
            self.say("running")
            while True:
                self._wait_for_check()
        except Stopped:
            pass
        except CannotGoOn as reason:
            failure = reason
        finally:
            self._end_all(str(failure or ""))
        if failure:
            self.say("failed", str(failure), failure.log)
        else:
            self.say("stopped")
        return failure is None

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def listen(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.on_signal)

    def say(self, phase: str, note: str = "", log: Path | None = None) -> None:
        """Record the phase, and print it to the supervisor's log."""
        _log(f"{phase} {note}".rstrip())
        self.state = self.state.saying(phase, note, log)
        self._save()

    def know(self, **facts: object) -> None:
        """Record fields of `State` in `state.json`."""
        self.state = replace(self.state, **facts)  # type: ignore[arg-type]  # the callers' names
        self._save()

    def add(self, *programs: Program) -> list[Watch]:
        """Start programs and supervise them from now on."""
        added = [Watch(program, self.place.log(program.name)) for program in programs]
        for watch in added:
            self._watches.append(watch)
            watch.start()
        self._save()
        return added

    def tick(self) -> None:
        """Look once at every program, and at the source files."""
        self._reload_edited()
        events = [event for watch in self._watches if (event := watch.tick())]
        for event in events:
            _log(event)
        if events:
            self._save()
        rotate(self.place.log("supervisor"))

    def _reload_edited(self) -> None:
        if self._sources is None or self.state.phase != "running":
            return
        changed = self._sources.settled()
        for watch in self._watches:
            if watch.program.ready and self._sources.concern(watch.program, changed):
                watch.reload()

    def still(self, watch: Watch) -> bool:
        """Whether the program still runs. Raises Stopped once a signal asked to stop."""
        if self.stopping:
            raise Stopped
        return watch.alive()

    def wait_ready(self, watches: Sequence[Watch], patience: float = PATIENCE) -> None:
        """Wait until all are ready, or wait for an operator.

        Raises CannotGoOn when one does neither within `patience` seconds.
        """
        until = time.monotonic() + patience
        waiting = list(watches)
        while waiting:
            self._wait_for_check()
            waiting = [watch for watch in waiting if watch.health() not in SETTLED]
            for watch in waiting:
                if watch.restarts >= TOO_MANY_DEATHS or time.monotonic() > until:
                    name = watch.program.name
                    raise CannotGoOn(f"{name} does not become ready: see {watch.log}.", watch.log)

    def step(self, program: Program) -> None:
        """Run a program to its end. Raises CannotGoOn unless it exits with 0."""
        log = self.place.log(program.name)
        log.unlink(missing_ok=True)
        watch = Watch(program, log)
        watch.start()
        while watch.alive():
            if self.stopping:
                watch.ask()
                watch.end(GRACE)
            self._wait_for_check()
        if watch.code() != 0:
            raise CannotGoOn(f"{program.name} failed with exit code {watch.code()}.", log)

    def _wait_for_check(self) -> None:
        if self.stopping:
            raise Stopped
        self.tick()
        time.sleep(PAUSE)

    def _end_all(self, note: str) -> None:
        """Stop the services first, all at once; then the servers, the last started first."""
        self.say("stopping", note)
        services = [watch for watch in self._watches if watch.program.ready]
        for watch in services:
            watch.ask()
        until = time.monotonic() + GRACE
        for watch in services:
            watch.end(until - time.monotonic())
        for watch in reversed([watch for watch in self._watches if watch not in services]):
            watch.ask()
            watch.end(GRACE)
        self._watches.clear()

    def _save(self) -> None:
        running = tuple(entry for watch in self._watches if (entry := watch.running()))
        self.state = replace(self.state, processes=running)
        state.write(self.place.state, self.state)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _log(line: str) -> None:
    print(f"{_now()} {line}", flush=True)
