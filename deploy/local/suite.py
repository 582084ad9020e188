"""`make test`: servers of its own beside a running stack, then pytest, then nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

from deploy.local import kafka, postgres, state
from deploy.local.errors import CannotGoOn
from deploy.local.kafka_jars import NoKafka
from deploy.local.passwords import passwords
from deploy.local.places import ROOT, Place, place_of_tests, prepare, remove
from deploy.local.ports import Ports
from deploy.local.processes import GRACE, Mark, Program, end, lives, mark, start
from deploy.local.state import Lock, Running, State

TOGETHER = (
    *("libs", "contracts", "services"),
    *("tests/architecture", "tests/contracts", "tests/journeys"),
)
ALONE = "tests/system"  # they start and kill whole processes: one at a time


def run(arguments: Sequence[str]) -> int:
    """The exit code: the worse of the two passes, or that of the one pass asked for."""
    began = time.monotonic()
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        keep = os.environ.get("L2C_TEST_KEEP") == "1"
        with servers(place_of_tests(), keep=keep) as variables:
            code = _passes(arguments, {**os.environ, **variables})
    except KeyboardInterrupt:
        print("\nmake test: interrupted")
        return 130
    verdict = "passed" if code == 0 else f"FAILED (exit code {code})"
    print(f"make test: {verdict} after {time.monotonic() - began:.0f} s", flush=True)
    return code


class Terminated(KeyboardInterrupt):
    """Asked to end, by a signal that pytest has not got."""


def _as_interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def _passes(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    if arguments:
        return _pytest(arguments, env)
    folders = [folder for folder in TOGETHER if (ROOT / folder).is_dir()]
    code = _pytest(["-n", "2", "--dist", "loadgroup", *folders], env)
    if not env["KAFKA_BOOTSTRAP"]:
        _loudly(f"{ALONE} was NOT run: it needs a real Kafka (L2C_REQUIRE_KAFKA=1 demands one)")
        return code
    return max(code, _pytest([ALONE], env))


def _pytest(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    print(f"$ pytest {' '.join(command[3:])}", flush=True)
    process = subprocess.Popen(command, env=dict(env), cwd=ROOT)
    try:
        return process.wait()
    except KeyboardInterrupt as interrupt:
        # Ctrl-C reached it as well; a second one would break off its closing words.
        if isinstance(interrupt, Terminated):
            process.send_signal(signal.SIGINT)
        _give_time(process)
        raise


def _give_time(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _loudly(text: str) -> None:
    rule = "!" * min(len(text), 100)
    print(f"{rule}\n{text}\n{rule}", flush=True)


@contextmanager
def servers(place: Place, *, keep: bool) -> Iterator[dict[str, str]]:
    """The variables that tell the tests where PostgreSQL and Kafka are.

    Servers that are kept stay up for the next runs, which use them whether they keep or not.
    """
    with _alone(place):
        found = state.read(place.state)
        reused = found.phase == "kept" and fits(found)
        if not reused:
            _stop(place)
        variables: dict[str, str] = {}
        try:
            variables = found.variables if reused else _start(place)
            yield variables
        finally:
            if keep and variables:
                state.write(place.state, state.read(place.state).saying("kept"))
            elif not reused:
                _stop(place)


def stop_kept(place: Place) -> None:
    with _alone(place):
        _stop(place)


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    prepare(place)
    lock = Lock(place.lock)
    if not lock.take():
        print("another `make test` of this checkout is running: waiting for it to end", flush=True)
        lock.take(wait=True)
    try:
        yield
    finally:
        lock.free()


def fits(kept: State) -> bool:
    """All alive, and what this run demands or was given."""
    alive = len(kept.living()) == len(kept.processes)
    broker = kept.variables.get("KAFKA_BOOTSTRAP") or os.environ.get("L2C_REQUIRE_KAFKA") != "1"
    given = {name: os.environ[name] for name in kept.variables if os.environ.get(name)}
    return bool(alive and broker and given.items() <= kept.variables.items())


def _stop(place: Place) -> None:
    """Also what a killed run has left; test data is worth nothing afterwards."""
    for one in reversed(state.read(place.state).processes):
        end(one.mark, stop_signal=one.stop_signal)
    place.state.unlink(missing_ok=True)
    remove(place.postgres, place.kafka)


def _start(place: Place) -> dict[str, str]:
    ports = Ports()
    variables = _start_postgres(place, ports) | {"KAFKA_BOOTSTRAP": _start_kafka(place, ports)}
    now = state.read(place.state)
    state.write(place.state, replace(now, phase="running", variables=variables))
    return variables


def _start_postgres(place: Place, ports: Ports) -> dict[str, str]:
    if given := os.environ.get("L2C_TEST_POSTGRES"):
        return {"L2C_TEST_POSTGRES": given}
    secret = passwords(place)
    cluster = postgres.Cluster(place.postgres, ports.take(54420), secret.superuser, careless=True)
    running = _run(place, postgres.make(place, cluster))
    postgres.wait_ready(cluster, place.log("postgres"), lambda: lives(running))
    postgres.set_superuser_password(cluster)
    return {"L2C_TEST_POSTGRES": cluster.url, "L2C_TEST_ROLE_PASSWORD": secret.roles}


def _start_kafka(place: Place, ports: Ports) -> str:
    if given := os.environ.get("KAFKA_BOOTSTRAP"):
        return given
    broker = kafka.Broker(place.kafka, ports.take(29092), ports.take(29192))
    try:
        program = kafka.make(place, broker)
    except NoKafka as reason:
        if os.environ.get("L2C_REQUIRE_KAFKA") == "1":
            raise CannotGoOn(
                f"The tests demand a real Kafka, but there is none. {reason}."
            ) from None
        _loudly(f"No Kafka, so the courier carries the events. {reason}.")
        return ""
    running = _run(place, program)
    kafka.wait_ready(broker, place.log("kafka"), lambda: lives(running))
    return broker.bootstrap


def _run(place: Place, program: Program) -> Mark:
    log = place.log(program.name)
    log.unlink(missing_ok=True)
    process = start(program, log)
    known = mark(process.pid) or Mark(process.pid, "")
    now = state.read(place.state)
    entry = Running(program.name, known, program.port, stop_signal=program.stop_signal)
    state.write(place.state, replace(now, processes=(*now.processes, entry)))
    return known
