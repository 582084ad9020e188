"""Tests of the linters' settings: each contract and ruff rule that we need catches a sample."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources in which violations are written."""
    target = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "pyproject.toml", target)
    for folder in ("services", "libs", "contracts"):
        shutil.copytree(
            ROOT / folder, target / folder, ignore=shutil.ignore_patterns("tests", "__pycache__")
        )
    return target


def lint_imports(tree: Path) -> str:
    paths = [*tree.glob("libs/*/src"), tree / "contracts/src", *tree.glob("services/*/src")]
    done = subprocess.run(
        [str(BIN / "lint-imports"), "--no-cache"],
        cwd=tree,
        env={"PYTHONPATH": ":".join(map(str, paths)), "PATH": str(BIN), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


MTL, CHASSIS = "services/mtl/src/mtl", "libs/chassis/src/chassis"
PLANTED = [
    ("services never meet", f"{MTL}/leads/actions/records.py", "import rms.orders"),
    ("No service needs the testkit", f"{MTL}/leads/actions/records.py", "import testkit.tokens"),
    ("rooms face one way", f"{MTL}/leads/store/__init__.py", "import mtl.leads.routes"),
    ("numerical libraries", f"{MTL}/leads/store/__init__.py", "import numpy"),
    ("No API loads the training", f"{MTL}/leads/store/__init__.py", "import scoring.training"),
    ("The domain does no I/O", f"{MTL}/leads/domain/lead.py", "import sqlalchemy"),
    ("Actions do not speak HTTP", f"{MTL}/leads/actions/records.py", "import fastapi"),
    ("form no cycle", "services/cpq/src/cpq/price_books/store.py", "import cpq.products.store"),
    ("eight floors", f"{CHASSIS}/database/rows.py", "import chassis.web.auth"),
    ("eight floors", f"{CHASSIS}/jobs/queue.py", "import chassis.events.outbox"),
    (
        "no cycle, on no floor",
        f"{CHASSIS}/records/search/words.py",
        "import chassis.records.writes",
    ),
]


def test_the_copy_has_no_violation(copy: Path) -> None:
    assert "0 broken" in lint_imports(copy)


@pytest.mark.parametrize(("contract", "file", "line"), PLANTED, ids=[p[0] for p in PLANTED])
def test_a_violation_of_an_import_contract_is_reported(
    copy: Path, contract: str, file: str, line: str
) -> None:
    path = copy / file
    before = path.read_text()
    path.write_text(before + f"\n{line}\n")
    try:
        broken = [row for row in lint_imports(copy).splitlines() if "BROKEN" in row]
    finally:
        path.write_text(before)
    assert any(contract in row for row in broken), broken


def test_an_undeclared_room_is_reported(copy: Path) -> None:
    stray = copy / "services/mtl/src/mtl/leads/rules.py"
    stray.write_text('"""Stray."""\n')
    try:
        assert "rooms face one way BROKEN" in lint_imports(copy)
    finally:
        stray.unlink()


RUFF = [
    ("DTZ005", "from datetime import datetime\n\ndatetime.now()\n"),
    ("T201", "print(1)\n"),
    ("C901", "def f(a):\n" + "".join(f"    if a == {n}:\n        a = {n}\n" for n in range(9))),
    ("PLR0915", "def f(a):\n" + "    a = 1\n" * 41),
    ("BLE001", "try:\n    x = 1\nexcept Exception:\n    x = 2\n"),
    ("ANN001", "def f(a) -> None: ...\n"),
]


@pytest.mark.parametrize(("code", "source"), RUFF, ids=[r[0] for r in RUFF])
def test_ruff_reports_the_violation(code: str, source: str) -> None:
    done = subprocess.run(
        [
            str(BIN / "ruff"),
            "check",
            "--no-cache",
            "--stdin-filename",
            "services/x/src/x/y.py",
            "-",
        ],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert code in done.stdout
