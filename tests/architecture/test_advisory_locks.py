"""Advisory locks are taken in one module, each kind under a seed or number of its own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from chassis.database.advisory_locks import LockClass, LockNumber, Seed

ROOT = Path(__file__).parents[2]
THE_MODULE = ROOT / "libs/chassis/src/chassis/database/advisory_locks.py"
LOCKING = re.compile(r"pg_(try_)?advisory|hashtext")


def locking_modules(folder: Path) -> Iterator[Path]:
    """The modules and SQL files below a folder that name a locking function."""
    for path in sorted(folder.rglob("*")):
        is_test = "tests" in path.relative_to(folder).parts
        is_read = path.suffix in (".py", ".sql", ".mako") and not is_test
        if is_read and LOCKING.search(path.read_text()):
            yield path


def repeated(module: ast.Module) -> list[object]:
    """The values that several members of an enumeration have; an alias hides none of them."""
    found: list[object] = []
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            values = [
                m.value.value
                for m in node.body
                if isinstance(m, ast.Assign) and isinstance(m.value, ast.Constant)
            ]
            found += [value for value in set(values) if values.count(value) > 1]
    return found


def test_only_one_module_takes_advisory_locks(tmp_path: Path) -> None:
    for folder in ("services", "libs", "deploy", "contracts"):
        assert set(locking_modules(ROOT / folder)) <= {THE_MODULE}
    (tmp_path / "planted.py").write_text('SQL = "SELECT pg_try_advisory_lock(1)"')
    assert list(locking_modules(tmp_path)) == [tmp_path / "planted.py"]


def test_every_kind_of_lock_has_a_seed_or_number_of_its_own() -> None:
    assert repeated(ast.parse(THE_MODULE.read_text())) == []
    assert repeated(ast.parse("class Seed:\n    A = 1\n    B = 1\n")) == [1]
    assert len({*Seed, *LockClass, *LockNumber}) == len(Seed) + len(LockClass) + len(LockNumber)


def test_no_key_is_hashed_with_a_bare_number() -> None:
    """Every seed in the SQL comes from the enumeration."""
    assert re.findall(r"hashtextextended\([^{].*?, *\d+\)", THE_MODULE.read_text()) == []
