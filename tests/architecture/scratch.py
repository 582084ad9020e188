"""A copy of the tree in which `make new` may write, and commands that run in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
OF_THIS_RUN = ("PYTEST_", "L2C_TEST_RUN", "COV_")  # variables that a pytest inside must not inherit


def copy_tree(target: Path) -> Path:
    """Copy every file that git would track, and make the copy a repository of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    for command in (["init", "--quiet"], ["add", "--all"]):
        run_git(target, *command)
    return target


def run_git(tree: Path, *command: str) -> str:
    """Run git in a copy of the tree and return what it printed."""
    ran = subprocess.run(["git", *command], cwd=tree, capture_output=True, text=True, check=True)
    return ran.stdout


def borrow_mypy_cache(tree: Path) -> None:
    """Let mypy check only what is new: it knows the other files by their content."""
    if (ROOT / ".mypy_cache").is_dir():
        shutil.copytree(ROOT / ".mypy_cache", tree / ".mypy_cache")


def run_in(tree: Path, *command: str) -> str:
    """Run a tool or `python ...` on the copy's own packages; fail with what it printed."""
    sources = [tree, *tree.glob("libs/*/src"), tree / "contracts/src", *tree.glob("services/*/src")]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OF_THIS_RUN)}
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=tree,
        env={**kept, "PYTHONPATH": ":".join(map(str, sources))},
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, f"{' '.join(command)}\n{output}"
    return output
