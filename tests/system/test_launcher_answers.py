"""Tests of restarts after edits (`RELOAD=1 make up`) and of the status (`make status`)."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import control, reload, state
from deploy.local.places import ROOT, Place, prepare
from deploy.local.ports import Ports
from deploy.local.processes import Program, mark
from deploy.local.reload import SourceChanges
from deploy.local.state import Running, State
from tests.system.test_launcher import STAND_IN, process_of, until

EDITED = Path("services/desk/src/desk/tickets.py")
SUPERVISE = """
import sys
from pathlib import Path
from deploy.local import reload
from deploy.local.places import Place
from deploy.local.processes import Program
from deploy.local.supervisor import Supervisor

reload.LOOK_SECONDS = 0.1
local, sources, stand_in, port = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
supervisor = Supervisor(Place(local, local / "outside", local / "binaries"), sources=sources)
supervisor.listen()

def bring_up(supervisor):
    for number, name in enumerate(("desk", "mtl"), port):
        argv = (sys.executable, "-c", stand_in, str(number), name)
        supervisor.wait_ready(supervisor.add(Program(name, argv, {}, number, "/readyz")))

sys.exit(0 if supervisor.run(bring_up) else 1)
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "local", tmp_path / "outside", tmp_path / "binaries")
    prepare(made)
    return made


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A tree with one source file of the service `desk` and one of a library."""
    for name in (EDITED, Path("libs/kernel/src/kernel/money.py")):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("A = 1\n")
    return tmp_path


@pytest.fixture
def reloading(place: Place, sources: Path) -> Iterator[Place]:
    arguments = [str(place.local), str(sources), STAND_IN, str(Ports().take(28600))]
    process = subprocess.Popen([sys.executable, "-c", SUPERVISE, *arguments], cwd=ROOT)
    until(lambda: state.read(place.state).phase == "running")
    yield place
    control.down(place)
    process.wait()


def restarts(place: Place) -> tuple[int, int]:
    return process_of(place, "desk").restarts, process_of(place, "mtl").restarts


def test_an_edit_restarts_the_services_that_run_it(reloading: Place, sources: Path) -> None:
    (sources / EDITED).write_text("A = 2\n")
    until(lambda: restarts(reloading) == (1, 0))
    (sources / "libs/kernel/src/kernel/new.py").write_text("B = 1\n")
    until(lambda: restarts(reloading) == (2, 1))


def test_a_change_is_reported_once_and_only_when_it_is_complete(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "LOOK_SECONDS", 0.0)
    changes = SourceChanges(sources)
    assert changes.settled() == set()
    os.utime(sources / EDITED, ns=(1, 1))
    assert changes.settled() == set()
    (sources / EDITED).unlink()
    (sources / EDITED).with_suffix(".txt").touch()
    assert changes.settled() == set()
    assert changes.settled() == {sources / EDITED}
    assert changes.settled() == set()


@pytest.mark.parametrize(
    ("changed", "argv", "concerned"),
    [
        ("services/desk/src/desk/app.py", ("api", "desk"), True),
        ("services/desk/src/desk/app.py", ("api", "org", "desk"), True),
        ("services/desk/src/desk/app.py", ("worker", "mtl", "--only", "relay"), False),
        ("libs/chassis/src/chassis/foundation/clock.py", ("api", "mtl"), True),
        ("contracts/src/contracts/desk/events.py", ("api", "mtl"), True),
    ],
)
def test_an_edited_file_maps_to_the_services_that_run_it(
    sources: Path, changed: str, argv: tuple[str, ...], *, concerned: bool
) -> None:
    found = SourceChanges(sources).concern(Program("x", argv), [sources / changed])
    assert found is concerned


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    return lambda: capsys.readouterr().out.splitlines()


def test_status_prints_addresses(place: Place, printed: Callable[[], list[str]]) -> None:
    own = mark(os.getpid())
    assert own is not None
    running = State(
        "running",
        mode="together",
        kafka="127.0.0.1:19092",
        urls={"mtl": "http://127.0.0.1:8000"},
        processes=(Running("a-process-with-a-name-" + "x" * 100, own),),
    )
    state.write(place.state, running)
    password = "p" * 60
    url = f"postgresql+asyncpg://mtl_app:{password}@127.0.0.1:54320/mtl"
    place.env.write_text(json.dumps({"MTL_DATABASE_URL": url, "L2C_MODE": "development"}))
    assert control.status(place, urls=True)
    lines = printed()
    assert any(line.startswith("a-process-with-a-name-" + "x" * 100 + " ") for line in lines)
    assert ["mtl", "http://127.0.0.1:8000/mtl/v1", "http://127.0.0.1:8000/mtl/v1/docs"] in [
        line.split() for line in lines
    ]
    psql = f"postgresql://mtl_app:{password}@127.0.0.1:54320/mtl"
    assert ["mtl", "app", psql] in [line.split() for line in lines]
    assert "Kafka bootstrap  127.0.0.1:19092" in lines
    assert ["seller", "li.na", "seller-demo-2026"] in [line.split() for line in lines]


def test_status_shows_passwords_only_on_request(
    place: Place, printed: Callable[[], list[str]]
) -> None:
    own = mark(os.getpid())
    assert own is not None
    state.write(place.state, State("running", processes=(Running("one", own),)))
    place.env.write_text(json.dumps({"MTL_DATABASE_URL": "postgresql+asyncpg://x:secret@y/z"}))
    control.status(place)
    assert "secret" not in "\n".join(printed())
