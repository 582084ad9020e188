"""The process behind `make up`: brings the programs up, keeps them up, ends them in order."""

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
from deploy.local.state import State
from deploy.local.watch import Watch

PAUSE = 0.2  # seconds between two looks at everything
PATIENCE = 120.0  # seconds for all programs of a stage to be ready
TOO_MANY_DEATHS = 3  # while starting: it will not get better


class Stopped(Exception):
    """Somebody asked to stop while things were still being brought up."""


class Supervisor:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.stopping = False
        self.state = State("starting", supervisor=processes.mark(os.getpid()), started_at=_now())
        self._watches: list[Watch] = []

    def run(self, bring_up: Callable[["Supervisor"], None]) -> bool:
        """Until told to stop. False when `bring_up` could not go on; nothing is left then."""
        failure: CannotGoOn | None = None
        try:
            bring_up(self)
            self.say("running")
            while True:
                self._pause()
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
        _tell(f"{phase} {note}".rstrip())
        self.state = self.state.saying(phase, note, log)
        self._save()

    def know(self, **facts: object) -> None:
        """Add facts to what `state.json` tells."""
        self.state = replace(self.state, **facts)  # type: ignore[arg-type]  # the caller's word
        self._save()

    def add(self, *programs: Program) -> list[Watch]:
        added = [Watch(program, self.place.log(program.name)) for program in programs]
        for watch in added:
            self._watches.append(watch)
            watch.start()
        self._save()
        return added

    def tick(self) -> None:
        happened = [words for watch in self._watches if (words := watch.tick())]
        for words in happened:
            _tell(words)
        if happened:
            self._save()
        rotate(self.place.log("supervisor"))

    def still(self, watch: Watch) -> bool:
        """For those who wait for a program: whether it lives, and nobody said stop."""
        if self.stopping:
            raise Stopped
        return watch.alive()

    def wait_ready(self, watches: Sequence[Watch], patience: float = PATIENCE) -> None:
        until = time.monotonic() + patience
        waiting = list(watches)
        while waiting:
            self._pause()
            waiting = [watch for watch in waiting if watch.health() not in ("ready", "up")]
            for watch in waiting:
                if watch.restarts >= TOO_MANY_DEATHS or time.monotonic() > until:
                    name = watch.program.name
                    raise CannotGoOn(f"{name} does not become ready: see {watch.log}.", watch.log)

    def step(self, program: Program) -> None:
        """Run something that ends, and must end well."""
        log = self.place.log(program.name)
        log.unlink(missing_ok=True)
        watch = Watch(program, log)
        watch.start()
        while watch.alive():
            if self.stopping:
                watch.ask()
                watch.end(GRACE)
            self._pause()
        if watch.code() != 0:
            raise CannotGoOn(f"{program.name} failed with exit code {watch.code()}.", log)

    def _pause(self) -> None:
        if self.stopping:
            raise Stopped
        self.tick()
        time.sleep(PAUSE)

    def _end_all(self, note: str) -> None:
        """Services first, all at once; then what they stand on, in the reverse order of start."""
        self.say("stopping", note)
        services = [watch for watch in self._watches if watch.program.ready]
        for watch in services:
            watch.ask()
        until = time.monotonic() + GRACE
        for watch in services:
            watch.end(until - time.monotonic())
        for watch in reversed([one for one in self._watches if one not in services]):
            watch.ask()
            watch.end(GRACE)
        self._watches.clear()

    def _save(self) -> None:
        found = tuple(one for watch in self._watches if (one := watch.running()))
        self.state = replace(self.state, processes=found)
        state.write(self.place.state, self.state)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _tell(words: str) -> None:
    print(f"{_now()} {words}", flush=True)
