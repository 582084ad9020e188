"""`.local/state.json`: what runs, so that another command, or the next one, finds and ends it."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from deploy.local.places import write_private
from deploy.local.processes import Mark, lives


@dataclass(frozen=True)
class Running:
    """One process as last started by the supervisor."""

    name: str
    mark: Mark
    port: int | None = None
    ready: str | None = None
    stop_signal: int = 15
    restarts: int = 0


@dataclass(frozen=True)
class State:
    """`phase` is starting, running, stopping, stopped or failed; `note` says at what, or why."""

    phase: str = "stopped"
    note: str = ""
    log: str = ""
    mode: str = ""
    started_at: str = ""
    kafka: str = ""  # the bootstrap address, empty with the courier
    kafka_missing: str = ""  # why the courier
    postgres: str = ""  # where it listens
    urls: dict[str, str] = field(default_factory=dict)  # of the APIs, by service
    variables: dict[str, str] = field(default_factory=dict)  # for the tests
    supervisor: Mark | None = None
    processes: tuple[Running, ...] = ()

    def living(self) -> list[Running]:
        return [one for one in self.processes if lives(one.mark)]

    def saying(self, phase: str, note: str = "", log: Path | None = None) -> "State":
        return replace(self, phase=phase, note=note, log=str(log or ""))


def write(path: Path, state: State) -> None:
    """The tests' variables hold passwords, so it is for its owner only."""
    write_private(path, json.dumps(asdict(state), indent=2).encode())


def read(path: Path) -> State:
    if not path.exists():
        return State()
    found = _known(State, json.loads(path.read_text()))
    supervisor = found["supervisor"] and Mark(**found["supervisor"])
    processes = [_known(Running, one) for one in found["processes"]]
    running = tuple(Running(**{**one, "mark": Mark(**one["mark"])}) for one in processes)
    return State(**{**found, "supervisor": supervisor, "processes": running})


def _known(kind: type[State | Running], found: dict[str, Any]) -> dict[str, Any]:
    """Another version of the launcher, before a pull, may have written other fields."""
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in found.items() if name in names}


class Lock:
    """Held by an open file: the kernel frees it when its holder dies, whatever the death."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.descriptor: int | None = None

    def take(self, *, wait: bool = False) -> bool:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(descriptor)
            return False
        self.descriptor = descriptor
        return True

    def free(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
