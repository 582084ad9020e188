"""The rules that no linter checks, each a function from source files to violations."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from deploy.services import SERVICES

TOP_LEVEL = {
    "services", "libs", "deploy", "contracts", "tests", "Makefile", "docker-compose.yml",
    "README.md", "README.zh-CN.md", "pyproject.toml", "requirements.lock", "LICENSE",
}  # fmt: skip
# Modules at the top of a service: its composition roots and their parts; `<feature>_texts` are
# parts of its texts.
SERVICE_MODULES = {
    "__init__", "app", "worker", "settings", "database", "texts", "imports", "seed", "admin",
    "snapshots",
}  # fmt: skip
ROOMS = {
    "__init__", "routes", "handlers", "timers", "imports", "actions", "views", "store", "schemas",
    "domain",
}  # fmt: skip
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
# Only these may catch every exception; each with its reason.
MAY_CATCH_ALL = {
    "consumer.py": "the consumer loop",
    "processing.py": "the consumer loop: an event's failure is classified and parked",
    "retrier.py": "the consumer loop over what is parked",
    "rebuilder.py": "the consumer loop over requested generations",
    "runner.py": "the job runner",
    "timers.py": "the timer runner",
    "problems.py": "the problem handler",
}
# Errors whose first argument is a code; their keyword arguments are its params.
CODED_ERRORS = {
    "RuleBroken", "Conflict", "Forbidden", "NotYet", "Malformed", "Unauthenticated", "TooLarge",
    "PreconditionFailed", "Unavailable", "TooManyRequests",
}  # fmt: skip
MAX_FILE, MAX_FUNCTION = 300, 40
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Modules of services that open transactions of their own; each with its reason.
MAY_BEGIN = {
    "org/seed.py": "a command is an edge",
    "org/admin.py": "a command is an edge",
    "org/tokens/routes.py": "a token request has no tenant yet, and a wrong try must be kept",
    "org/logins/routes.py": "a secret is proven before there is a tenant; a wrong try must be kept",
    "org/notifications/routes.py": "a stream looks every second or so and holds no transaction",
    "org/passwords/routes.py": "a caller who accepts a link has no tenant yet; proofs are slow",
}
PLURALS = {"people"}


def top_level(names: set[str]) -> list[str]:
    """The repository has no other top-level entries than those listed."""
    return sorted(n for n in names if n not in TOP_LEVEL and not n.startswith("."))


def rooms(service_source: Path) -> list[str]:
    """A service has declared modules at its top; its features have declared rooms."""
    complaints: list[str] = []
    for entry in sorted(service_source.iterdir()):
        if entry.name == "__pycache__" or entry.name == "py.typed":
            continue
        if entry.is_file():
            if entry.stem not in SERVICE_MODULES and not entry.stem.endswith("_texts"):
                complaints.append(f"{entry}: a stray module at a service's top")
        else:
            complaints += _feature(entry)
    return complaints


def _feature(folder: Path) -> Iterator[str]:
    init = folder / "__init__.py"
    if not init.exists() or ast.get_docstring(ast.parse(init.read_text())) is None:
        yield f"{folder}: no __init__.py with a docstring that says what the business calls it"
    if not folder.name.endswith("s") and folder.name not in PLURALS:
        yield f"{folder}: a feature is a plural noun"
    for entry in folder.iterdir():
        is_data = entry.suffix == ".json"  # decision 27
        if entry.name != "__pycache__" and entry.stem not in ROOMS and not is_data:
            yield f"{entry}: not a room"


def names(path: Path, tree: ast.Module) -> Iterator[str]:
    """No module has a vague name, no class is called Service, Manager or Helper."""
    if path.stem in VAGUE or path.parent.name in VAGUE:
        yield f"{path}: a vague name"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and re.search(r"(Service|Manager|Helper)$", node.name):
            yield f"{path}:{node.lineno}: class {node.name}"


def sizes(path: Path, tree: ast.Module) -> Iterator[str]:
    """A file has at most 300 lines, a function at most 40, not counting functions inside it.

    The events of a service are one flat list of declarations, however many there are (decision 15).
    """
    lines = path.read_text().count("\n")
    is_list = path.name == "events.py" and "contracts" in path.parts
    if lines > MAX_FILE and "migrations" not in path.parts and not is_list:
        yield f"{path}: {lines} lines"
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            length = _lines(node) - sum(_lines(n) for n in node.body if isinstance(n, FUNCTIONS))
            if length > MAX_FUNCTION and "migrations" not in path.parts:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines"


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def commits(path: Path, tree: ast.Module) -> Iterator[str]:
    """Only the edges commit: no service calls commit, rollback or begin."""
    if "services" not in path.parts or any(str(path).endswith(e) for e in MAY_BEGIN):
        return
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in ("commit", "rollback", "begin"):
            yield f"{path}:{called.lineno}: {called.attr}() is the edges' business"


def producers(path: Path, tree: ast.Module) -> Iterator[str]:
    """Only the relay holds a Kafka producer."""
    if path.name == "kafka.py" and "chassis" in path.parts:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.alias):
            name = node.id if isinstance(node, ast.Name) else node.name
            if name.split(".")[-1] == "AIOKafkaProducer":
                yield f"{path}: holds a Kafka producer"


def broad_excepts(path: Path, tree: ast.Module) -> Iterator[str]:
    """Only loops and the problem handler use `except Exception`."""
    if "chassis" in path.parts and path.name in MAY_CATCH_ALL:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and not _raises_again(node):
            caught = ast.unparse(node.type) if node.type else "everything"
            if re.search(r"\b(Base)?Exception\b", caught) or caught == "everything":
                yield f"{path}:{node.lineno}: catches {caught}"


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def http_clients(path: Path, tree: ast.Module) -> Iterator[str]:
    """Only one module imports httpx, as its development has stopped."""
    if (path.name == "auth.py" and "chassis" in path.parts) or "testkit" in path.parts:
        return
    if "httpx" in set(imported(tree)):
        yield f"{path}: imports httpx"


def bare_exceptions(path: Path, _: ast.Module) -> Iterator[str]:
    """Each lint exception has its reason in a second comment."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if re.search(r"# (noqa|type: ignore)", line) and not re.search(
            r"# (noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\]) +# \S", line
        ):
            yield f"{path}:{number}: an exception without its reason"


def imported(tree: ast.Module) -> Iterator[str]:
    """The top-level packages that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def inner_imports(path: Path, tree: ast.Module) -> Iterator[str]:
    """No function contains an import."""
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield f"{path}:{inner.lineno}: imports inside {node.name}"


def trimmed_texts(path: Path, tree: ast.Module) -> Iterator[str]:
    """Texts are stripped by `kernel.texts.TrimmedText`, of invisible characters too."""
    if path.parts[-2:] == ("kernel", "texts.py"):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in (
            "strip_whitespace",
            "str_strip_whitespace",
        ):
            yield f"{path}:{node.value.lineno}: strips blanks only"


def pure_domain(path: Path, tree: ast.Module, *, standard: frozenset[str]) -> Iterator[str]:
    """The domain imports the standard library, kernel, contracts, business libraries, itself."""
    if "domain" not in (path.stem, path.parent.name):
        return
    own = {"kernel", "contracts", "parties", "rules", "scoring", *SERVICES}
    yield from (f"{path}: imports {name}" for name in imported(tree) if name not in standard | own)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("now", "today", "utcnow"):
            yield f"{path}:{node.lineno}: looks at a clock"
        if isinstance(node, ast.Name) and node.id in ("new_id", "uuid4", "random"):
            yield f"{path}:{node.lineno}: {node.id} is not pure"


def codes(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every error code that a module raises, with its line."""
    raisers = CODED_ERRORS | {"PydanticCustomError", "Finding", "__init__"}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = ast.unparse(node.func).split(".")[-1]
        place = 1 if called == "Violation" else 0
        if called not in raisers | {"Violation", "NotFound"} or len(node.args) <= place:
            continue
        argument = node.args[place]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            code = argument.value
            yield (f"{code.upper()}_NOT_FOUND" if called == "NotFound" else code), node.lineno
