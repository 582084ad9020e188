"""No text of the repository names a file, module or document that is not in the repository."""

import subprocess
from pathlib import Path

import pytest

from tests.architecture.references import Tree, dangling

ROOT = Path(__file__).parents[2]
# The samples below dangle on purpose, and the list of exceptions names what it excepts.
OWN = ("tests/architecture/test_references.py", "tests/architecture/references.py")


def repository() -> Tree:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return Tree(ROOT, [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()])


def test_every_reference_points_into_the_repository() -> None:
    tree = repository()
    sources = [source for source in tree.files if source not in OWN]
    found = [line for source in sources for line in dangling(tree, source)]
    assert not found, "\n".join(found)


# File name, text, and what must be reported: nothing where it is None.
SAMPLES = [
    ("x.md", "As the design.md page says.", "design.md"),
    ("x.md", "See [the list](lists/capabilities.md).", "lists/capabilities.md"),
    ("x.md", "See [the manual](libs/contracts/README.md).", "libs/contracts/README.md"),
    ("libs/x.md", "See [ids](kernel/ids.py), [events](../contracts/README.md).", None),
    ("x.md", "Read ../shared/conventions.md first.", "../shared/conventions.md"),
    ("x.md", "It follows shared/example here.", "shared/example"),
    ("x.md", "Rule 16 wants it.", "Rule 16"),
    ("x.md", "See §5.", "§5"),
    ("x.md", "As issue 12 asked.", "issue 12"),
    ("x.md", "Allowed by decision 77.", "decision 77"),
    ("x.md", "Rows of `mtl/leads/missing.py`.", "mtl/leads/missing.py"),
    ("x.md", "Files of `libs/missing/`.", "libs/missing/"),
    ("x.md", "Statuses of `kernel.missing`.", "kernel.missing"),
    ("x.md", "See `kernel.ids.missing`.", "kernel.ids.missing"),
    ("x.py", '"""Follows design.md."""', "design.md"),
    ("x.py", "x = 1  # rule 17 of the house", "rule 17"),
    ("x.yml", "a: 1  # see `deploy/missing.sh`", "deploy/missing.sh"),
    ("x.md", "See [events](contracts/README.md) and `ids.py`, `kernel.ids.new_id()`.", None),
    ("x.md", "Each `libs/<name>/ids.py`, `.local/state.json`, decision 1, `/l2o/v1/x`.", None),
    ("x.md", "See https://example.com/design.md.", None),
    ("x.py", 'text = "../shared/data is absent"', "../shared/data"),
    ("x.py", 'path = "notes.md"', None),
]


@pytest.mark.parametrize(("name", "text", "reported"), SAMPLES)
def test_a_dangling_reference_is_reported(
    name: str, text: str, reported: str | None, tmp_path: Path
) -> None:
    ids = "libs/kernel/ids.py"
    (tmp_path / ids).parent.mkdir(parents=True)
    (tmp_path / ids).write_text("def new_id(): ...\n")
    (tmp_path / name).write_text(text)
    files = [ids, "contracts/README.md", "contracts/decisions/0001-texts.md", name]
    expected = [] if reported is None else [f"{name}:1: {reported}"]
    assert list(dangling(Tree(tmp_path, files), name)) == expected
