"""Which files, modules and documents the repository's texts name, and whether they exist.

Texts are Markdown files, comments and docstrings of Python modules, and comments of other files.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from os.path import normpath
from pathlib import Path, PurePosixPath

from tests.architecture.rules import ROOMS, SERVICE_MODULES

# References that may point outside the repository, per file, each with its reason.
ALLOWED = {
    ("libs/scoring/tests/leads_file.py", "../shared"): "training is measured on the real leads "
    "where they are present, else on leads made like them",
}
PROSE = {".md"}
COMMENTED = {".yml", ".yaml", ".toml", ".sh", ".sql", ".mako", ".cfg", ""}
PACKAGES = {"chassis", "kernel", "testkit", "deploy"}
FOLDERS = {"services", "libs", "contracts", "deploy", "tests", *PACKAGES}
FILE_KINDS = "py|md|json|csv|yml|toml|sh|sql|xml|mako|lock"
# Created at run time; git ignores them.
GENERATED = (".local", ".venv")

MARKDOWN_NAME = re.compile(r"(?<![\w/.<>*{}-])[\w./<>*{}-]*\w\.md\b")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
BACKTICKED = re.compile(r"`([^`\n]+)`")
FILE_NAME = re.compile(rf"[\w.<>*{{}}/-]+\.({FILE_KINDS})")
FOLDER_NAME = re.compile(rf"({'|'.join(sorted(FOLDERS))})(/[\w.<>*{{}}-]+)+/?")
MODULE_NAME = re.compile(rf"({'|'.join(sorted(PACKAGES))})(\.\w+)+")
OUTSIDE = re.compile(r"(?<![\w./])\.\./[\w./-]*\w|(?<![\w./-])shared/\w[\w./-]*")
UNKEPT = re.compile(
    r"§ ?\d+|\b(?:issues?|rules?|scenarios?|conventions?) #?\d+\b|\bthe (?:design|brief) says\b",
    re.IGNORECASE,
)
DECISION = re.compile(r"\b(?:decisions?|ADRs?) (\d{1,4})\b", re.IGNORECASE)
URL = re.compile(r"\bhttps?://\S+")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Tree:
    """The files of the repository, and how a text may name one of them."""

    def __init__(self, root: Path, files: list[str]) -> None:
        self.root = root
        self.files = files

    @cached_property
    def _folders(self) -> set[str]:
        return {str(folder) for file in self.files for folder in PurePosixPath(file).parents}

    @cached_property
    def _places(self) -> set[str]:
        return {*self.files, *self._folders}

    @cached_property
    def _endings(self) -> set[str]:
        """Every file and folder under each of its shorter names: `leads/routes.py`, `routes.py`."""
        split = [place.split("/") for place in self._places]
        return {"/".join(parts[at:]) for parts in split for at in range(len(parts))}

    def has_file(self, name: str, source: str) -> bool:
        """A path from the root or from the text's folder, or the end of such a path."""
        name = name.removeprefix("./").removesuffix("/")
        if re.search(r"[<{*]", name):
            pattern = re.sub(r"<[^>]*>|\{[^}]*\}", "*", name)
            return any(fnmatchcase(ending, pattern) for ending in self._endings)
        return name in self._endings or self.has_beside(name, source)

    def has_beside(self, name: str, source: str) -> bool:
        """A path from the folder of the text, as a link has it."""
        return normpath(PurePosixPath(source).parent / name) in self._places

    def has_module(self, name: str) -> bool:
        """Return whether a module, or a name in one, exists: `kernel.money.Money.of`."""
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            path = "/".join(parts[:length])
            found = [f for f in (f"{path}.py", f"{path}/__init__.py") if f in self._endings]
            if found:
                module = next(f for f in self.files if f.endswith(found[0]))
                text = (self.root / module).read_text()
                rest = parts[length:]
                return not rest or re.search(rf"\b{rest[0]}\b", text) is not None
        return False


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Each text of a file with the number of its first line."""
    content = path.read_text()
    if path.suffix == ".py":
        yield from _python_texts(content)
    elif path.suffix in PROSE:
        yield from enumerate(content.splitlines(), 1)
    elif path.suffix in COMMENTED:
        for number, line in enumerate(content.splitlines(), 1):
            if "#" in line or "--" in line:
                yield number, line


def _python_texts(content: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        # A message printed to people is a text too.
        is_message = token.type == tokenize.STRING and "../shared" in token.string
        if token.type == tokenize.COMMENT or is_message:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            statement = node.body[0]
            docstring = ast.get_docstring(node, clean=False) or ""
            yield from enumerate(docstring.splitlines(), statement.lineno)


def dangling(tree: Tree, source: str) -> Iterator[str]:
    """What the texts of a file name that is not in the repository."""
    if (tree.root / source).suffix == ".py" and not _suspicious(tree, source):
        return
    for number, text in texts(tree.root / source):
        for reference in sorted(set(_missing(tree, source, URL.sub("", text)))):
            if (source, reference) not in ALLOWED:
                yield f"{source}:{number}: {reference}"


def _suspicious(tree: Tree, source: str) -> bool:
    """Whether a closer look is needed: taking a module apart costs more than searching it."""
    return any(_missing(tree, source, URL.sub("", (tree.root / source).read_text())))


def _missing(tree: Tree, source: str, text: str) -> Iterator[str]:
    yield from UNKEPT.findall(text)
    yield from (f"decision {n}" for n in DECISION.findall(text) if not _has_decision(tree, int(n)))
    yield from (name for name in OUTSIDE.findall(text) if not tree.has_beside(name, source))
    links = LINK.findall(text)
    yield from (link for link in links if not tree.has_beside(link, source))
    names = [name for name in MARKDOWN_NAME.findall(text) if name not in links]
    quoted = [name.split("(")[0].strip() for name in BACKTICKED.findall(text)]
    names += [q for q in quoted if FILE_NAME.fullmatch(q) or _is_folder(q)]
    yield from (name for name in names if not _known(tree, name, source))
    yield from (q for q in quoted if MODULE_NAME.fullmatch(q) and not tree.has_module(q))


def _is_folder(name: str) -> bool:
    return FOLDER_NAME.fullmatch(name) is not None and ".." not in name


def _known(tree: Tree, name: str, source: str) -> bool:
    is_generated = name.startswith(GENERATED) or name == "state.json"
    is_room = name.removesuffix(".py") in ROOMS | SERVICE_MODULES and name.endswith(".py")
    return is_generated or is_room or tree.has_file(name, source)


def _has_decision(tree: Tree, number: int) -> bool:
    return any(file.startswith(f"contracts/decisions/{number:04}-") for file in tree.files)
