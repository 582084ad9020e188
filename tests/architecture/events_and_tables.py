"""Rules: only the owner of a table writes it, every save of an aggregate publishes an event, and
org reads no event of a service in particular."""

import ast
from collections.abc import Iterator
from pathlib import Path

from deploy.services import SERVICES

SERVICES_BESIDE_ORG = frozenset(SERVICES) - {"org"}
WRITES = {"insert", "update", "delete", "insert_row", "update_row", "replicate"}
# Aggregates whose saves publish no event, each with its reason.
UNPUBLISHED = {
    "chassis/files/imports/actions.py": "an import is a record of work; its end is published",
    "chassis/files/exports/actions.py": "an export is a record of work of one person's",
    "chassis/records/custom_fields/actions.py": "which fields records have is the service's own",
    "org/notifications/actions.py": "notifications are for one person only",
    "org/reminders/actions.py": "a person's own, as are tasks",
    "org/tasks/actions.py": "a person's own; the facts behind it were published",
    "rms/payment_terms/actions.py": "an order carries its payment term whole",
    "org/sessions/actions.py": "where people are signed in is org's own; revocations are published",
    "org/logins/actions.py": "the login directory holds secrets; people and clients are published",
}


def _place(path: Path) -> tuple[str, str]:
    """The service and the feature that a file belongs to; empty if it belongs to none."""
    parts = path.parts
    if "src" not in parts or "services" not in parts:
        return "", ""
    after = parts[parts.index("src") + 1 :]
    return (after[0], after[1]) if len(after) > 2 else ("", "")


def foreign_writes(path: Path, tree: ast.Module) -> Iterator[str]:
    """Only the owner writes a table: no writing call takes the table of another feature."""
    service, feature = _place(path)
    if not feature:
        return
    foreign = set(_imported_from_others(tree, service, feature))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func).split(".")[-1] not in WRITES:
            continue
        for argument in node.args:
            name = ast.unparse(argument).split(".")[0]
            if name in foreign:
                yield f"{path}:{node.lineno}: writes {ast.unparse(argument)} of another feature"


def _imported_from_others(tree: ast.Module, service: str, feature: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        steps = node.module.split(".")
        if steps[0] == service and len(steps) > 1 and steps[1] != feature:
            yield from (alias.asname or alias.name for alias in node.names)


def foreign_facts(path: Path, tree: ast.Module) -> Iterator[str]:
    """Nothing in org imports the contracts of another service: it reads what all services share."""
    if _service(path) != "org":
        return
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            root, _, rest = name.partition(".")
            if root == "contracts" and rest.split(".")[0] in SERVICES_BESIDE_ORG:
                yield f"{path}:{getattr(node, 'lineno', 0)}: imports {name}"


def _service(path: Path) -> str:
    """The service whose source the file is; empty for tests and libraries."""
    parts = path.parts
    if "services" not in parts or "src" not in parts:
        return ""
    return parts[parts.index("src") + 1]


def silent_saves(path: Path, tree: ast.Module) -> Iterator[str]:
    """A function of `actions` that adds or saves an aggregate also publishes an event.

    `store.add` and `store.save` count as saving; private functions are checked with their callers.
    """
    if "actions" not in (path.stem, path.parent.name):
        return
    if any(str(path).endswith(name) for name in UNPUBLISHED):
        return
    functions = {n.name: n for n in tree.body if isinstance(n, ast.AsyncFunctionDef)}
    for name, node in functions.items():
        if name.startswith("_"):
            continue
        calls = set(_reached(node, functions))
        saves = {"store.save", "store.add"} & calls
        if saves and not calls & {"publish", "publish_all"}:
            yield f"{path}:{node.lineno}: {name} saves without publishing"


def _reached(
    node: ast.AST, functions: dict[str, ast.AsyncFunctionDef], seen: frozenset[str] = frozenset()
) -> Iterator[str]:
    """The calls of a function, and of functions of the same module that it calls."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            called = ast.unparse(inner.func)
            yield called
            if called in functions and called not in seen:
                yield from _reached(functions[called], functions, seen | {called})
