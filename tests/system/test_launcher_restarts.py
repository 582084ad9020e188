"""The launcher starts again at once what was ready, and leaves to the operator what must wait."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import control, state
from deploy.local.databases import ensure_connections
from deploy.local.errors import CannotGoOn
from deploy.local.places import ROOT, Place
from deploy.local.ports import Ports
from deploy.local.processes import Program
from deploy.local.watch import Watch
from tests.system.test_launcher import STAND_IN, SUPERVISE, place, process_of, until

__all__ = ["place"]
SENTENCE = "The database of cpq was restored: run `make run ARGS='events rebase cpq'`."
WAITS = f"""
import http.server, json, sys
class Waits(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503)
        self.end_headers()
        self.wfile.write(json.dumps({{"waiting_for_operator": [{SENTENCE!r}]}}).encode())
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Waits).serve_forever()
"""


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    port = Ports().take(28700)
    argv = (sys.executable, "-c", STAND_IN, str(port))
    watched = Watch(Program("api", argv, {}, port, "/readyz"), tmp_path / "api.log")
    watched.start()
    yield watched
    watched.end(0)


def kill(watch: Watch) -> str:
    """Kill the program, and return what the launcher says about it."""
    running = watch.running()
    assert running is not None
    os.kill(running.mark.pid, signal.SIGKILL)
    until(lambda: not watch.alive())
    return watch.tick()


def become_ready(watch: Watch) -> None:
    def is_ready() -> bool:
        watch.tick()
        return watch.alive() and watch.health() == "ready"

    until(is_ready)
    time.sleep(0.6)  # the launcher looks every half a second
    watch.tick()


def test_a_program_that_was_ready_is_started_again_at_once_however_often(watch: Watch) -> None:
    for _ in range(3):
        become_ready(watch)
        assert kill(watch) == "api ended with -9: again in 0 s"


def test_the_pause_grows_for_what_dies_at_its_start(tmp_path: Path) -> None:
    port = Ports().take(28700)
    argv = (sys.executable, "-c", "raise SystemExit(3)")
    watch = Watch(Program("api", argv, {}, port, "/readyz"), tmp_path / "api.log")
    said = []
    for _ in range(3):
        watch.start()
        until(lambda: not watch.alive())
        said.append(watch.tick())
    assert said == [f"api ended with 3: again in {pause} s" for pause in (1, 2, 4)]


def test_what_waits_for_an_operator_does_not_stop_the_others(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(place.local), WAITS, str(Ports().take(28700)), ""]
    process = subprocess.Popen([sys.executable, "-c", SUPERVISE, *arguments], cwd=ROOT)
    try:
        until(lambda: state.read(place.state).phase == "running")
        assert not control.status(place)
        assert process_of(place, "two").mark
        shown = capsys.readouterr().out
        assert [line.split()[3] for line in shown.splitlines() if line.startswith("one ")] == [
            "waits"
        ]
        assert f"  !! {SENTENCE}" in shown
    finally:
        control.down(place)
        process.wait()


def test_pools_that_the_server_does_not_allow_are_said_before_the_start() -> None:
    dsn = os.environ["L2C_TEST_POSTGRES"].replace("postgresql://", "postgresql+asyncpg://", 1)
    programs = [Program(str(n), (), {"MTL_DATABASE_URL": dsn, "KAFKA": "x"}) for n in range(60)]
    ensure_connections(programs[:2], {"L2C_POOL_SIZE": "4", "L2C_POOL_OVERFLOW": "4"})
    with pytest.raises(CannotGoOn, match=r"may open 1440 connections \(60 pools of at most 20"):
        ensure_connections(programs, {"L2C_POOL_SIZE": "10", "L2C_POOL_OVERFLOW": "10"})
