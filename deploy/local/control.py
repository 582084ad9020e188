"""The verbs around the supervisor: up, down, status, logs, clean."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.local import state, suite
from deploy.local.errors import CannotGoOn
from deploy.local.places import ROOT, Place, place_of_tests, prepare, remove
from deploy.local.processes import end, lives
from deploy.local.state import Lock, State
from deploy.local.watch import health

STOP_PATIENCE = 120.0  # services, Kafka and PostgreSQL may take their grace one after the other


def up(place: Place, mode: str) -> None:
    """Start everything, or say that it runs already; then everything in one table."""
    prepare(place)
    lock = Lock(place.lock)
    if lock.take():
        sweep(place)
        _launch(place, mode, lock)
        print(f"starting ({mode}); logs are in {place.logs}")
    else:
        running = state.read(place.state).mode or mode
        other = f"; `make down` first, then MODE={mode}" if running != mode else ""
        print(f"already running, or just starting ({running}){other}")
    _follow(place)
    _report(place)


def run(place: Place, arguments: list[str]) -> int:
    """A command of the services, told what the running system's processes are told.

    `org.admin ...` is the operators' own; everything else is `python -m chassis`.
    """
    if not state.read(place.state).living():
        raise CannotGoOn("Nothing runs here: `make up` first.")
    told = json.loads(place.env.read_text())
    module = [] if arguments[:1] == ["org.admin"] else ["chassis"]
    command = [sys.executable, "-m", *module, *arguments]
    return subprocess.run(command, env={**os.environ, **told}, cwd=ROOT, check=False).returncode


def sweep(place: Place) -> None:
    """What a supervisor that was killed has left running."""
    for one in reversed(state.read(place.state).living()):
        print(f"ending {one.name} (pid {one.mark.pid}), left over from before")
        end(one.mark, stop_signal=one.stop_signal)
    state.write(place.state, State(phase="starting"))


def _launch(place: Place, mode: str, lock: Lock) -> None:
    """The supervisor inherits the lock, so there is no moment without a holder."""
    assert lock.descriptor is not None
    with place.log("supervisor").open("wb") as out:
        subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "supervise", "--mode", mode],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            pass_fds=[lock.descriptor],
            start_new_session=True,
            cwd=ROOT,
        )
    lock.free()


def _follow(place: Place) -> None:
    """Print the stages until all is running. Raises CannotGoOn when it does not come to that."""
    began, said = time.monotonic(), ""
    while (now := state.read(place.state)).phase in ("starting", "stopping"):
        if now.phase == "starting" and now.note != said:
            said = now.note
            print(f"  {time.monotonic() - began:5.1f} s  {said}", flush=True)
        if _orphaned(place, now):
            log = place.log("supervisor")
            raise CannotGoOn(f"The supervisor died; its last words are in {log}.", log)
        time.sleep(0.1)
    if now.phase != "running":
        raise CannotGoOn(now.note or "Stopped by `make down`.", Path(now.log) if now.log else None)


def _orphaned(place: Place, before: State) -> bool:
    """A supervisor holds the lock all its life; without one nothing will change any more."""
    lock = Lock(place.lock)
    free = lock.take()
    lock.free()
    return free and state.read(place.state) == before


def _report(place: Place) -> None:
    now = state.read(place.state)
    if not status(place):
        raise CannotGoOn("Not everything is ready: see `make logs`, or `make down` and `make up`.")
    for url in dict.fromkeys(now.urls.values()):
        names = " ".join(name for name in now.urls if now.urls[name] == url)
        print(f"  {url}  {names}")
    print("  make status | logs | down")


def status(place: Place) -> bool:
    """Print the table; whether everything is well."""
    now = state.read(place.state)
    if not now.processes:
        print(f"nothing runs{f' ({now.note})' if now.note else ''}; `make up` starts it")
        return False
    table = Table("process", "pid", "port", "health", "restarts", title=f"mode {now.mode}")
    found = [
        (one, health(one.port, one.ready) if lives(one.mark) else "dead") for one in now.processes
    ]
    for one, word in found:
        table.add_row(one.name, str(one.mark.pid), str(one.port), word, str(one.restarts))
    Console().print(table)
    print(f"  PostgreSQL {now.postgres}; Kafka {now.kafka or 'NONE, see below'}")
    if now.kafka_missing:
        print(f"  !! NO KAFKA: the courier carries the events. {now.kafka_missing}.")
    return now.phase == "running" and all(word in ("ready", "up") for _, word in found)


def down(place: Place) -> None:
    now = state.read(place.state)
    if now.supervisor is not None and lives(now.supervisor):
        print("stopping ...", flush=True)
        end(now.supervisor, grace=STOP_PATIENCE)
    left = state.read(place.state).living()
    for one in reversed(left):
        end(one.mark, stop_signal=one.stop_signal)
    if place.state.exists():
        state.write(place.state, State())
    print("stopped")


def logs(place: Place, name: str | None) -> None:
    """Follow one log, or all of them, until Ctrl-C."""
    files = [place.log(name)] if name else sorted(place.logs.glob("*.log"))
    if not all(file.exists() for file in files) or not files:
        names = ", ".join(sorted(file.stem for file in place.logs.glob("*.log")))
        raise CannotGoOn(f"There is no log {name or ''}: there are {names or 'none yet'}.")
    os.execvp("tail", ["tail", "-n", "40", "-F", *map(str, files)])


def clean(place: Place) -> None:
    """Stop everything, the tests' servers too, and remove what they left, not the jars' cache."""
    tests = place_of_tests()
    suite.stop_kept(tests)
    down(place)
    remove(tests.outside, place.outside, place.binaries, place.local)
    print("clean")
