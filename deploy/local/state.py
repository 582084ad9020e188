"""`.local/state.json`: the running processes, for the commands that show or stop them."""

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
    """One process, as the supervisor last started it."""

    name: str
    mark: Mark
    port: int | None = None
    ready: str | None = None
    stop_signal: int = 15
    restarts: int = 0


@dataclass(frozen=True)
class State:
    """What `state.json` holds.

    `phase` is starting, running, stopping, stopped or failed (`kept` for servers of tests);
    `note` names the stage of a start, or the reason of a failure.
    """

    phase: str = "stopped"
    note: str = ""
    log: str = ""
    mode: str = ""
    reload: bool = False  # whether services restart when their source files change
    started_at: str = ""
    kafka: str = ""  # the bootstrap address, empty without a broker
    kafka_missing: str = ""  # why there is no broker
    postgres: str = ""  # where it listens
    urls: dict[str, str] = field(default_factory=dict)  # of the APIs, by service
    variables: dict[str, str] = field(default_factory=dict)  # for the tests
    supervisor: Mark | None = None
    processes: tuple[Running, ...] = ()

    def living(self) -> list[Running]:
        """The processes that still run."""
        return [process for process in self.processes if lives(process.mark)]

    def saying(self, phase: str, note: str = "", log: Path | None = None) -> "State":
        """The same state in another phase."""
        return replace(self, phase=phase, note=note, log=str(log or ""))


def write(path: Path, state: State) -> None:
    """Write the state. Only its owner may read it: the tests' variables hold passwords."""
    write_private(path, json.dumps(asdict(state), indent=2).encode())


def read(path: Path) -> State:
    """Return the state as last written, or that of a stack that was never started."""
    if not path.exists():
        return State()
    content = _own_fields(State, json.loads(path.read_text()))
    supervisor = content["supervisor"] and Mark(**content["supervisor"])
    entries = [_own_fields(Running, entry) for entry in content["processes"]]
    running = tuple(Running(**{**entry, "mark": Mark(**entry["mark"])}) for entry in entries)
    return State(**{**content, "supervisor": supervisor, "processes": running})


def _own_fields(kind: type[State | Running], content: dict[str, Any]) -> dict[str, Any]:
    """Drop fields that another version of the launcher, before a pull, may have written."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in content.items() if name in names}


class Lock:
    """A lock on an open file: the kernel frees it when its holder ends, however it ends."""

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
