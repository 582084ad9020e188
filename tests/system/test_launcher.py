"""Tests of the launcher: its functions, and a real supervisor with substitute programs."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from chassis.database.access import access_sql
from deploy.local import control, databases, kafka, kafka_jars, plan, state, suite
from deploy.local.errors import CannotGoOn
from deploy.local.logs import last_lines, rotate
from deploy.local.passwords import passwords, signing_key
from deploy.local.places import ROOT, Place, claim, outside_of, place_of_tests, place_of_up, prepare
from deploy.local.ports import HOST, Ports, is_free
from deploy.local.postgres_binaries import reachable
from deploy.local.processes import Mark, end, lives, mark
from deploy.local.state import Lock, Running, State
from deploy.local.watch import delay, health
from deploy.services import SERVICES

STAND_IN = """
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""
SUPERVISE = """
import sys
from pathlib import Path
from deploy.local.places import Place
from deploy.local.processes import Program
from deploy.local.state import Lock
from deploy.local.supervisor import Supervisor

local, stand_in, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
place = Place(local, local / "outside", local / "binaries")
lock = Lock(place.lock)
assert lock.take()

def bring_up(supervisor):
    supervisor.step(Program("step", (sys.executable, "-c", sys.argv[4])))
    one = Program("one", (sys.executable, "-c", stand_in, str(port)), {}, port, "/readyz")
    two = Program("two", (sys.executable, "-c", "import time; time.sleep(600)"))
    supervisor.wait_ready(supervisor.add(one, two))

supervisor = Supervisor(place)
supervisor.listen()
sys.exit(0 if supervisor.run(bring_up) else 1)
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path, tmp_path / "outside", tmp_path / "binaries")
    prepare(made)
    return made


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def launch(place: Place, step: str = "") -> subprocess.Popen[bytes]:
    arguments = [str(place.local), STAND_IN, str(Ports().take(28500)), step]
    return subprocess.Popen([sys.executable, "-c", SUPERVISE, *arguments], cwd=ROOT)


@pytest.fixture
def supervised(place: Place) -> Iterator[tuple[Place, subprocess.Popen[bytes]]]:
    process = launch(place)
    until(lambda: state.read(place.state).phase == "running")
    yield place, process
    control.down(place)
    process.wait()


def process_of(place: Place, name: str) -> Running:
    return next(one for one in state.read(place.state).processes if one.name == name)


def test_a_killed_process_is_started_again(
    supervised: tuple[Place, subprocess.Popen[bytes]],
) -> None:
    place, _ = supervised
    before = process_of(place, "one")
    os.kill(before.mark.pid, signal.SIGKILL)
    until(lambda: process_of(place, "one").restarts == 1)
    after = process_of(place, "one")
    assert after.mark != before.mark
    until(lambda: health(after.port, after.ready) == "ready")
    assert process_of(place, "two").restarts == 0


def test_down_stops_every_process_and_may_be_repeated(
    supervised: tuple[Place, subprocess.Popen[bytes]],
) -> None:
    place, process = supervised
    running = state.read(place.state).processes
    assert [one.name for one in running if lives(one.mark)] == ["one", "two"]
    control.down(place)
    assert process.wait() == 0
    assert not any(lives(one.mark) for one in running)
    control.down(place)
    assert state.read(place.state).processes == ()


def test_a_second_supervisor_is_refused(
    supervised: tuple[Place, subprocess.Popen[bytes]],
) -> None:
    place, _ = supervised
    assert not Lock(place.lock).take()


def test_processes_of_a_killed_supervisor_are_stopped(
    supervised: tuple[Place, subprocess.Popen[bytes]],
) -> None:
    place, process = supervised
    running = state.read(place.state).processes
    process.kill()
    process.wait()
    assert all(lives(one.mark) for one in running)
    assert Lock(place.lock).take()
    control.sweep(place)
    assert not any(lives(one.mark) for one in running)


def test_a_failing_step_fails_all_and_names_its_log(place: Place) -> None:
    process = launch(place, step="print('no such table'); raise SystemExit(3)")
    assert process.wait(20) == 1
    failed = state.read(place.state)
    assert (failed.phase, failed.note) == ("failed", "step failed with exit code 3.")
    assert last_lines(Path(failed.log)) == ["no such table"]
    assert failed.processes == ()


def test_restart_delays_double_up_to_thirty_seconds() -> None:
    assert [delay(deaths) for deaths in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


def test_busy_ports_are_skipped_and_no_port_is_assigned_twice() -> None:
    with socket.socket() as busy:
        busy.bind((HOST, 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert not is_free(port)
        ports = Ports()
        assert port < ports.take(port) < ports.take(port)


def test_checkouts_and_stacks_never_share_data() -> None:
    up, tests = place_of_up(Path("/a")), place_of_tests(Path("/a"))
    assert len({up.outside, tests.outside, outside_of(Path("/b"))}) == 3
    assert tests.local.is_relative_to(up.local)


def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(CannotGoOn, match="belongs to another user"):
        claim(tmp_path / "link")


def test_passwords_are_generated_once_and_readable_by_their_owner_only(place: Place) -> None:
    first = passwords(place)
    assert passwords(place) == first
    assert len({first.superuser, first.roles, first.app, first.lead_keys}) == 4
    for file in (place.secrets, signing_key(place)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_missing_password_is_added(place: Place) -> None:
    first = asdict(passwords(place))
    older = {name: value for name, value in first.items() if name != "lead_keys"}
    place.secrets.write_text(json.dumps(older))
    added = passwords(place)
    assert asdict(added) == older | {"lead_keys": added.lead_keys}
    assert passwords(place) == added


def test_a_process_with_a_reused_pid_is_not_stopped() -> None:
    own = mark(os.getpid())
    assert own is not None
    assert lives(own)
    assert end(replace(own, born="another time"))
    assert mark(2**22 + 1) is None


def test_other_users_cannot_enter_a_private_parent_folder(tmp_path: Path) -> None:
    (tmp_path / "closed" / "inner").mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    assert not reachable(tmp_path / "closed" / "inner")
    assert reachable(Path("/usr"))


def test_state_is_read_as_written_and_fields_of_other_versions_are_dropped(place: Place) -> None:
    written = State("running", processes=(Running("one", Mark(1, "2"), 80, "/readyz"),))
    state.write(place.state, written)
    assert state.read(place.state) == written
    place.state.write_text(json.dumps({**json.loads(place.state.read_text()), "gone": 1}))
    assert state.read(place.state) == written


def test_open_logs_are_truncated(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    with log.open("ab", buffering=0) as writer:
        for text in (b"1" * 20, b"2" * 20, b"3" * 20):
            writer.write(text)
            rotate(log, largest=10)
        writer.write(b"now")
    assert [file.read_bytes()[:3] for file in sorted(tmp_path.iterdir())] == [
        b"now",
        b"333",
        b"222",
    ]
    assert last_lines(tmp_path / "none.log") == []


def test_apis_share_a_port_in_one_process_and_have_their_own_otherwise() -> None:
    together, split = plan.together(Ports()), plan.split(Ports())
    assert len(set(together.apis.values())) == 1
    assert len(set(split.apis.values())) == len(SERVICES)
    assert together.issuer.endswith("/org/v1")
    names = [program.name for program in plan.programs(split, {})]
    assert len(names) == len(set(names)) == len(SERVICES) * 4
    workers = next(one for one in plan.programs(together, {}) if one.name == "workers")
    assert workers.argv[1:4] == ("-m", "chassis", "worker")
    assert workers.argv[-1] == str(workers.port)
    api = next(one for one in plan.programs(together, {}) if one.name == "api")
    assert api.argv[-1] == str(api.port) != together.urls["org"].rpartition(":")[2]


def test_database_roles_have_limited_rights_and_the_owner_owns_the_database() -> None:
    for exists, verb in ((False, "CREATE"), (True, "ALTER")):
        sql = databases.role_sql("mtl_app", "secret", exists=exists)
        assert sql.startswith(f"{verb} ROLE mtl_app LOGIN NOSUPERUSER NOBYPASSRLS")
    access = access_sql("mtl")
    assert "ALTER SCHEMA public OWNER TO mtl_owner" in access
    assert "GRANT USAGE ON SCHEMA public TO mtl_app, mtl_worker" in access


def test_database_addresses_are_all_given_or_none() -> None:
    assert not databases.are_external({})
    assert databases.are_external(dict.fromkeys(databases.variables(), "postgresql+asyncpg://x"))
    with pytest.raises(CannotGoOn, match="but not ORG_DATABASE_URL"):
        databases.are_external({"MTL_DATABASE_URL": "postgresql+asyncpg://x"})
    assert databases.urls(1, "p").keys() == set(databases.variables())


def test_the_broker_listens_on_localhost_and_creates_no_topics(tmp_path: Path) -> None:
    text = kafka.properties(kafka.Broker(tmp_path, 19092, 19192))
    assert "listeners=PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19192\n" in text
    assert "auto.create.topics.enable=false\n" in text
    assert f"message.max.bytes={9 * 2**20}\n" in text


@pytest.mark.parametrize(
    ("version_text", "major"),
    [('openjdk version "17.0.15" 2025', 17), ('java version "1.8.0_1"', 1), ("command failed", 0)],
)
def test_the_java_version_is_parsed(version_text: str, major: int) -> None:
    assert kafka_jars.java_major(version_text) == major


def test_running_servers_are_reused_only_by_runs_with_the_same_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("KAFKA_BOOTSTRAP", "L2C_REQUIRE_KAFKA", "L2C_TEST_POSTGRES"):
        monkeypatch.delenv(name, raising=False)
    courier = State(variables={"L2C_TEST_POSTGRES": "a", "KAFKA_BOOTSTRAP": ""})
    assert suite.fits(courier)
    monkeypatch.setenv("L2C_REQUIRE_KAFKA", "1")
    assert not suite.fits(courier)
    monkeypatch.setenv("L2C_TEST_POSTGRES", "b")
    assert not suite.fits(replace(courier, variables={**courier.variables, "KAFKA_BOOTSTRAP": "k"}))


def test_a_process_gets_only_its_own_variables() -> None:
    urls = {f"{s}_{r}DATABASE_URL": "x" for s in ("MTL", "RMS") for r in ("", "WORKER_", "OWNER_")}
    env = {**urls, "ORG_SIGNING_KEY_FILE": "key", "KAFKA_BOOTSTRAP": "there", "MTL_X": "1"}
    variables = plan.only_own(env, ("worker", "mtl", "--only", "relay"))
    assert set(variables) == {"MTL_WORKER_DATABASE_URL", "KAFKA_BOOTSTRAP", "MTL_X"}
    variables = plan.only_own(env, ("api", "org", "mtl"))
    assert set(variables) == {
        "MTL_DATABASE_URL",
        "KAFKA_BOOTSTRAP",
        "MTL_X",
        "ORG_SIGNING_KEY_FILE",
    }
