"""The system under fire: the product's launcher in split mode, on servers and data of its own."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGCONT, SIGTERM

from deploy.local import databases, plan, postgres, stack, state
from deploy.local.control import sweep
from deploy.local.errors import CannotGoOn
from deploy.local.passwords import passwords
from deploy.local.places import ROOT, Place, place_of_soak, prepare, remove
from deploy.local.plan import WORKER_PORT, Plan
from deploy.local.ports import Ports
from deploy.local.processes import end, lives, mark
from deploy.local.state import Lock, Running, State
from deploy.local.supervisor import Supervisor
from deploy.local.watch import SETTLED, health

# Of these services two relays share the buckets, and two consumers the partitions.
DOUBLED = ("l2o", "rms")
DOUBLED_PARTS = ("relay", "consumer")
START_SECONDS = 300.0
STOP_SECONDS = 120.0


@dataclass(frozen=True)
class Stack:
    """The running system, as the supervisor describes it in its state file."""

    place: Place

    def now(self) -> State:
        return state.read(self.place.state)

    @property
    def env(self) -> dict[str, str]:
        """The settings of the running system."""
        settings: dict[str, str] = json.loads(self.place.env.read_text())
        return settings

    @property
    def urls(self) -> dict[str, str]:
        """The addresses of the APIs by service."""
        return self.now().urls

    @property
    def bootstrap(self) -> str:
        return self.now().kafka

    def process(self, name: str) -> Running:
        """Return the entry of a process. Raises KeyError."""
        return {one.name: one for one in self.now().processes}[name]

    def service_processes(self) -> list[str]:
        """The names of the processes of the services, sorted."""
        return sorted(one.name for one in self.now().processes if one.ready)

    def superuser_dsn(self, database: str) -> str:
        """Return the address of a database for the superuser, whom no policy binds."""
        address = self.now().postgres
        secret = passwords(self.place).superuser
        return f"postgresql://{postgres.SUPERUSER}:{secret}@{address}/{database}"

    def unready(self) -> list[str]:
        """The processes that do not run, or are not ready, each with its health."""
        found = []
        for one in self.now().processes:
            answer = health(one.port, one.ready) if lives(one.mark) else "dead"
            if answer not in SETTLED:
                found.append(f"{one.name} is {answer}")
        return found


@contextmanager
def running_stack(extra_env: Mapping[str, str]) -> Iterator[Stack]:
    """Start the system with new data, and remove it with its data at the end.

    It also ends when this process is killed, because then the pipe to the supervisor closes.
    Raises CannotGoOn when it does not start, or when another soak runs in this checkout.
    """
    place = place_of_soak()
    prepare(place)
    lock = Lock(place.lock)
    if not lock.take():
        raise CannotGoOn("Another soak runs in this checkout: wait for its end.")
    try:
        clear(place)
        with place.log("supervisor").open("wb") as out:
            supervisor = subprocess.Popen(
                [sys.executable, "-m", "tests.soak", "supervise"],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=ROOT,
                env={**_own_servers(os.environ), **extra_env},
            )
        try:
            _wait_until_running(place, supervisor)
            yield Stack(place)
        finally:
            _stop(place, supervisor)
    finally:
        lock.free()


def _own_servers(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the names of servers to use instead of the run's own."""
    external = {*databases.variables(), "KAFKA_BOOTSTRAP", "L2C_KAFKA"}
    return {name: value for name, value in env.items() if name not in external}


def _wait_until_running(place: Place, supervisor: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while (now := state.read(place.state)).phase != "running":
        if supervisor.poll() is not None or time.monotonic() > until:
            log = Path(now.log) if now.log else place.log("supervisor")
            raise CannotGoOn(f"The system does not start: {now.note or now.phase}.", log)
        time.sleep(0.2)


def _stop(place: Place, supervisor: "subprocess.Popen[bytes]") -> None:
    for process in state.read(place.state).living():
        os.kill(process.mark.pid, SIGCONT)  # a frozen process could not stop
    identity = mark(supervisor.pid)
    if identity is not None:
        end(identity, grace=STOP_SECONDS)
    supervisor.wait()
    clear(place)


def clear(place: Place) -> None:
    """End what a killed run has left, and remove its data; logs stay until the next run."""
    for process in state.read(place.state).living():
        os.kill(process.mark.pid, SIGCONT)
    if place.state.exists():
        sweep(place)
        place.state.unlink()
    remove(place.postgres, place.kafka)


def supervise() -> bool:
    """Run the supervisor until its parent ends it or ends itself; return whether all went well."""
    supervisor = Supervisor(place_of_soak())
    supervisor.listen()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return supervisor.run(_bring_up)


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)  # returns when the other end of the pipe closes
    os.kill(os.getpid(), SIGTERM)


def _bring_up(supervisor: Supervisor) -> None:
    stack.bring_up(supervisor, "split", _doubled)


def _doubled(ports: Ports) -> Plan:
    """Return the processes of split mode, with second relays and consumers."""
    chosen, added = plan.split(ports), []
    for service in DOUBLED:
        for part in DOUBLED_PARTS:
            port = ports.take(WORKER_PORT + 1)
            arguments = ("worker", service, "--only", part, "--port", str(port))
            added.append((f"{service}-{part}-2", arguments, port))
    return replace(chosen, programs=(*chosen.programs, *added))
