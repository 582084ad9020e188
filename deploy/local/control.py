"""The verbs around the supervisor: up, down, status, logs, clean."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from chassis.composition.text_columns import aligned
from deploy.local import state, suite
from deploy.local.addresses import show_addresses
from deploy.local.errors import CannotGoOn
from deploy.local.places import (
    ROOT,
    Place,
    place_of_bench,
    place_of_soak,
    place_of_tests,
    prepare,
    remove,
)
from deploy.local.processes import end, lives
from deploy.local.state import Lock, State
from deploy.local.watch import health, remedies

STOP_PATIENCE = 120.0  # seconds: services, Kafka and PostgreSQL stop one after the other


def up(place: Place, mode: str, *, reload: bool = False) -> None:
    """Start everything unless it runs already, wait until it is ready, and print the table.

    With `reload`, services restart when their source files change.
    """
    prepare(place)
    lock = Lock(place.lock)
    if lock.take():
        sweep(place)
        _launch(place, mode, lock, reload=reload)
        print(f"starting ({mode}); logs are in {place.logs}")
    else:
        print(_already_running(state.read(place.state), mode, reload=reload))
    _follow(place)
    _report(place)


def run(place: Place, arguments: list[str]) -> int:
    """Run a command with the settings of the running system; return its exit code.

    `org.admin ...` runs that module, everything else is an argument of `python -m chassis`.
    Raises CannotGoOn when nothing runs.
    """
    if not state.read(place.state).living():
        raise CannotGoOn("Nothing runs here: start the services with `make up`.")
    settings = json.loads(place.env.read_text())
    module = [] if arguments[:1] == ["org.admin"] else ["chassis"]
    command = [sys.executable, "-m", *module, *arguments]
    return subprocess.run(command, env={**os.environ, **settings}, cwd=ROOT, check=False).returncode


def sweep(place: Place) -> None:
    """Stop the processes that a killed supervisor has left running."""
    for process in reversed(state.read(place.state).living()):
        print(f"ending {process.name} (pid {process.mark.pid}), left over from an earlier run")
        end(process.mark, stop_signal=process.stop_signal)
    state.write(place.state, State(phase="starting"))


def _already_running(now: State, mode: str, *, reload: bool) -> str:
    options = [f"MODE={mode}"] if (now.mode or mode) != mode else []
    options += ["RELOAD=1"] if reload and not now.reload else []
    hint = f"; `make down` first, then {' '.join(options)} make up" if options else ""
    return f"already running or starting ({now.mode or mode}){hint}"


def _launch(place: Place, mode: str, lock: Lock, *, reload: bool) -> None:
    """Start the supervisor. It inherits the lock, so that it is locked at every moment."""
    assert lock.descriptor is not None
    command = [sys.executable, "-m", "deploy.local", "supervise", "--mode", mode]
    with place.log("supervisor").open("wb") as out:
        subprocess.Popen(
            [*command, *(["--reload"] if reload else [])],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            pass_fds=[lock.descriptor],
            start_new_session=True,
            cwd=ROOT,
        )
    lock.free()


def _follow(place: Place) -> None:
    """Print each stage until everything runs. Raises CannotGoOn when the start fails."""
    began, printed = time.monotonic(), ""
    while (now := state.read(place.state)).phase in ("starting", "stopping"):
        if now.phase == "starting" and now.note != printed:
            printed = now.note
            print(f"  {time.monotonic() - began:5.1f} s  {printed}", flush=True)
        if _orphaned(place, now):
            log = place.log("supervisor")
            raise CannotGoOn(f"The supervisor died; its log is {log}.", log)
        time.sleep(0.1)
    if now.phase != "running":
        raise CannotGoOn(now.note or "Stopped by `make down`.", Path(now.log) if now.log else None)


def _orphaned(place: Place, before: State) -> bool:
    """Whether no supervisor holds the lock, so that the state will not change any more."""
    lock = Lock(place.lock)
    free = lock.take()
    lock.free()
    return free and state.read(place.state) == before


def _report(place: Place) -> None:
    now = state.read(place.state)
    if not status(place):
        raise CannotGoOn("Not every process is ready: do what is said above, or see `make logs`.")
    for url in dict.fromkeys(now.urls.values()):
        names = " ".join(name for name in now.urls if now.urls[name] == url)
        print(f"  {url}  {names}")
    print("  next: make status (ARGS=--urls: addresses and passwords), make logs, make down")


def status(place: Place, *, urls: bool = False) -> bool:
    """Print a table of the processes, with `urls` also all addresses and passwords.

    Returns whether every process is ready.
    """
    now = state.read(place.state)
    if not now.processes:
        print(f"nothing runs{f' ({now.note})' if now.note else ''}; `make up` starts the services")
        return False
    rows = [
        {
            "process": process.name,
            "pid": process.mark.pid,
            "port": process.port or "",
            "health": health(process.port, process.ready) if lives(process.mark) else "dead",
            "restarts": process.restarts,
        }
        for process in now.processes
    ]
    print(f"mode {now.mode}{', services restart when sources change' if now.reload else ''}")
    print(aligned(("process", "pid", "port", "health", "restarts"), rows))
    print(f"  PostgreSQL {now.postgres}; Kafka {now.kafka or 'none, see below'}")
    if now.kafka_missing:
        print(f"  !! No Kafka: events are delivered inside one process. {now.kafka_missing}.")
    for process, row in zip(now.processes, rows, strict=True):
        if row["health"] == "waits":
            for sentence in remedies(process.port, process.ready):
                print(f"  !! {sentence}")
    if urls:
        print()
        show_addresses(place, now)
    return now.phase == "running" and all(row["health"] in ("ready", "up") for row in rows)


def down(place: Place) -> None:
    """Stop everything that `up` has started; a second call does nothing."""
    now = state.read(place.state)
    if now.supervisor is not None and lives(now.supervisor):
        print("stopping ...", flush=True)
        end(now.supervisor, grace=STOP_PATIENCE)
    for process in reversed(state.read(place.state).living()):
        end(process.mark, stop_signal=process.stop_signal)
    if place.state.exists():
        state.write(place.state, State())
    print("stopped")


def logs(place: Place, name: str | None) -> None:
    """Follow one log, or all of them, until Ctrl-C. Raises CannotGoOn when there is none."""
    files = [place.log(name)] if name else sorted(place.logs.glob("*.log"))
    if not all(file.exists() for file in files) or not files:
        names = ", ".join(sorted(file.stem for file in place.logs.glob("*.log")))
        raise CannotGoOn(
            f"There is no log named {name}; the logs are {names}."
            if name and names
            else "There are no logs yet: start the services with `make up`."
        )
    os.execvp("tail", ["tail", "-n", "40", "-F", *map(str, files)])


def clean(place: Place) -> None:
    """Stop everything, also of tests, soaks and benchmarks, and remove all data; jars are kept."""
    tests, soak, bench = place_of_tests(), place_of_soak(), place_of_bench()
    for kept in (tests, bench):
        suite.stop_kept(kept)
    for each in (soak, place):
        down(each)
    outside = [each.outside for each in (tests, soak, bench, place)]
    remove(*outside, place.binaries, place.local)
    print("stopped everything and removed its data, logs and passwords")
