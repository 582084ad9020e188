"""`make test`: starts servers of its own, runs pytest on them, and removes them."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO

from deploy.local import kafka, postgres, state
from deploy.local.errors import CannotGoOn
from deploy.local.kafka_jars import NoKafka
from deploy.local.passwords import passwords
from deploy.local.places import (
    ROOT,
    Place,
    place_of_bench,
    place_of_tests,
    prepare,
    remove,
)
from deploy.local.ports import Ports
from deploy.local.processes import GRACE, Mark, Program, end, lives, mark, start
from deploy.local.selection import LIST_SEARCHES, RESOURCES, SYSTEM, Selection, select
from deploy.local.state import Lock, Running, State

PLAN_TESTS = (
    f"{RESOURCES}/test_list_plans.py",
    LIST_SEARCHES,
    "libs/chassis/tests/records/lists/test_plans.py",
)
LARGE_LISTS = "tests/deep/test_large_lists.py"
FULL_SIZE = "200000"  # rows behind every list, in the deep run
BENCHMARKS = "tests/bench/bench_ground.py"
SLOWEST = 10


def run(arguments: Sequence[str], *, only: str = "", deep: bool = False) -> int:
    """Run the tests on servers of their own; return the highest exit code of all passes.

    `only` names a part of the tests (see `selection`), `arguments` go to pytest. `deep` runs the
    benchmarks and the checks at full size instead.
    """
    began = time.monotonic()
    signal.signal(signal.SIGTERM, _as_interrupt)
    selection = select(only)
    with tempfile.TemporaryDirectory() as results:
        try:
            keep = os.environ.get("L2C_TEST_KEEP") == "1"
            with servers(place_of_tests(), keep=keep) as variables:
                env = {**os.environ, **variables, "L2C_TEST_RESULTS": results}
                if deep:
                    code = _deep(env)
                elif arguments and not only:
                    code = _pytest(arguments, env)
                else:
                    code = _passes(selection, arguments, env)
        except KeyboardInterrupt:
            print("\nmake test: interrupted")
            return 130
        _summarize(Path(results), code, time.monotonic() - began)
    return code


def run_plans(only: str, rows: int) -> int:
    """Explain the large lists of all services, or of one, at this many rows."""
    os.environ["L2C_PLAN_ROWS"] = str(rows)
    services = ["--services", only] if only else []
    return run(["-q", "-s", LARGE_LISTS, *services])


def run_bench(only: str, *, deep: bool = False) -> int:
    """Measure rows of `tests/bench` on servers that lose nothing; return the exit code.

    `deep` measures the rows that need millions of records. `ground` measures lists, writes and
    imports inside one process instead, as `make test-deep` does.
    """
    if only == "ground":
        return run(["-q", "-s", "-p", "no:cacheprovider", BENCHMARKS])
    signal.signal(signal.SIGTERM, _as_interrupt)
    keep = os.environ.get("L2C_TEST_KEEP") == "1"
    command = [sys.executable, "-m", "tests.bench", "--only", only, *(["--deep"] if deep else [])]
    try:
        with servers(place_of_bench(), keep=keep, careless=False) as variables:
            return _wait(subprocess.Popen(command, env={**os.environ, **variables}, cwd=ROOT))
    except KeyboardInterrupt:
        print("\nmake bench: interrupted")
        return 130


def _summarize(results: Path, code: int, seconds: float) -> None:
    """Print the slowest tests of all passes, and one line with the result."""
    passes = [json.loads(file.read_text()) for file in sorted(results.iterdir())]
    times = sorted((pair for result in passes for pair in result["slowest"]), reverse=True)
    print("\nThe slowest tests:")
    for took, name in times[:SLOWEST]:
        print(f"  {took:6.1f} s  {name}")
    passed, failed, skipped = (
        sum(result[outcome] for result in passes) for outcome in ("passed", "failed", "skipped")
    )
    ended = "" if bool(failed) == bool(code) else f", but pytest ended with exit code {code}"
    aside = f", {skipped:,} skipped" if skipped else ""
    print(f"{passed:,} passed, {failed:,} failed{aside} in {seconds:.0f} s{ended}", flush=True)


class Terminated(KeyboardInterrupt):
    """A signal asked the launcher to end; pytest did not receive it."""


def _as_interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def _passes(selection: Selection, arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """Run the tests that start and kill processes beside those that share servers.

    The former mostly wait, so they take no time of their own; their output is printed at the end.
    """
    system = _system_tests(selection, env)
    if not selection.others:
        return _pytest([*system, *arguments], env) if system else 0
    workers = str(max(2, os.cpu_count() or 2))
    shared = ["-n", workers, *selection.others, *arguments]
    if not system:
        return _pytest(shared, env)
    with tempfile.TemporaryFile("w+") as output:
        beside = _start_pytest([*system, *arguments], env, output)
        code = _wait(_start_pytest(shared, env), beside)
        output.seek(0)
        print(output.read(), flush=True)
    return code


def _system_tests(selection: Selection, env: Mapping[str, str]) -> list[str]:
    """Return the folder of the tests that start and kill processes, if it can be run."""
    if not selection.system:
        return []
    if env["KAFKA_BOOTSTRAP"]:
        return [SYSTEM]
    _loudly(f"{SYSTEM} was NOT run: it needs Kafka (L2C_REQUIRE_KAFKA=1 makes this an error)")
    return []


def _deep(env: Mapping[str, str]) -> int:
    """Run the plans of all lists at full size, the long tests, then the benchmarks."""
    shared = ["-n", "2"]
    code = _pytest([*shared, *PLAN_TESTS], {**env, "L2C_PLAN_ROWS": FULL_SIZE})
    code = max(code, _pytest([*shared, "tests/deep", "--ignore", LARGE_LISTS], env))
    return max(code, _pytest(["-q", "-s", "-p", "no:cacheprovider", BENCHMARKS], env))


def _pytest(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    return _wait(_start_pytest(arguments, env))


def _start_pytest(
    arguments: Sequence[str], env: Mapping[str, str], output: IO[str] | None = None
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", *arguments]
    print(f"$ pytest {' '.join(command[3:])}", flush=True)
    return subprocess.Popen(command, env=dict(env), cwd=ROOT, stdout=output, stderr=output)


def _wait(*processes: subprocess.Popen[bytes]) -> int:
    """Return the highest exit code of all; one that a signal killed counts as failed."""
    try:
        return max(abs(process.wait()) for process in processes)
    except KeyboardInterrupt as interrupt:
        for process in processes:
            # Ctrl-C reached pytest as well; a second signal would cut its summary off.
            if isinstance(interrupt, Terminated):
                process.send_signal(signal.SIGINT)
        for process in processes:
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
def servers(place: Place, *, keep: bool, careless: bool = True) -> Iterator[dict[str, str]]:
    """The variables that tell the tests where PostgreSQL and Kafka are.

    Servers that are kept stay up for the next runs, which use them whether they keep or not. A
    PostgreSQL that is not `careless` waits for the disk at every commit, as in production.
    """
    with _alone(place):
        existing = state.read(place.state)
        reused = existing.phase == "kept" and fits(existing)
        if not reused:
            _stop(place)
        variables: dict[str, str] = {}
        try:
            variables = existing.variables if reused else _start(place, careless=careless)
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
        print("waiting for another `make test` of this checkout to end", flush=True)
        lock.take(wait=True)
    try:
        yield
    finally:
        lock.free()


def fits(kept: State) -> bool:
    """Return whether kept servers all run and match the environment of this run."""
    alive = len(kept.living()) == len(kept.processes)
    broker = kept.variables.get("KAFKA_BOOTSTRAP") or os.environ.get("L2C_REQUIRE_KAFKA") != "1"
    requested = {name: os.environ[name] for name in kept.variables if os.environ.get(name)}
    return bool(alive and broker and requested.items() <= kept.variables.items())


def _stop(place: Place) -> None:
    """Stop the servers, also those of a killed run, and remove their data unless it lasts."""
    for process in reversed(state.read(place.state).processes):
        end(process.mark, stop_signal=process.stop_signal)
    place.state.unlink(missing_ok=True)
    remove(place.kafka, *(() if place.lasting else (place.postgres,)))


def _start(place: Place, *, careless: bool) -> dict[str, str]:
    ports = Ports()
    postgres_variables = _start_postgres(place, ports, careless=careless)
    variables = postgres_variables | {"KAFKA_BOOTSTRAP": _start_kafka(place, ports)}
    now = state.read(place.state)
    state.write(place.state, replace(now, phase="running", variables=variables))
    return variables


def _start_postgres(place: Place, ports: Ports, *, careless: bool) -> dict[str, str]:
    if url := os.environ.get("L2C_TEST_POSTGRES"):
        return {"L2C_TEST_POSTGRES": url}
    secret = passwords(place)
    port = ports.take(54420)
    cluster = postgres.Cluster(place.postgres, port, secret.superuser, careless=careless)
    running = _run(place, postgres.make(place, cluster))
    postgres.wait_ready(cluster, place.log("postgres"), lambda: lives(running))
    postgres.set_superuser_password(cluster)
    return {"L2C_TEST_POSTGRES": cluster.url, "L2C_TEST_ROLE_PASSWORD": secret.roles}


def _start_kafka(place: Place, ports: Ports) -> str:
    if bootstrap := os.environ.get("KAFKA_BOOTSTRAP"):
        return bootstrap
    broker = kafka.Broker(place.kafka, ports.take(29092), ports.take(29192))
    try:
        program = kafka.make(place, broker)
    except NoKafka as reason:
        if os.environ.get("L2C_REQUIRE_KAFKA") == "1":
            raise CannotGoOn(
                f"L2C_REQUIRE_KAFKA=1 is set, but Kafka cannot run here. {reason}."
            ) from None
        _loudly(f"No Kafka: events are delivered inside one process. {reason}.")
        return ""
    running = _run(place, program)
    kafka.wait_ready(broker, place.log("kafka"), lambda: lives(running))
    return broker.bootstrap


def _run(place: Place, program: Program) -> Mark:
    log = place.log(program.name)
    log.unlink(missing_ok=True)
    process = start(program, log)
    identity = mark(process.pid) or Mark(process.pid, "")
    now = state.read(place.state)
    entry = Running(program.name, identity, program.port, stop_signal=program.stop_signal)
    state.write(place.state, replace(now, processes=(*now.processes, entry)))
    return identity
