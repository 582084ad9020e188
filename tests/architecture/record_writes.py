"""What the code writes to the tables of records, read from its syntax.

A write is plain SQL, one of the shared functions that write rows, or a method of a record type. It
is followed from the `store` to the commands that call it.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path

from sqlalchemy import Table

from chassis.records.record_types import RecordType
from deploy.services import SERVICES

ROOT = Path(__file__).parents[2]
SQL = {"insert", "update", "delete"}
SHARED = {"insert_row", "insert_rows", "update_row", "delete_row", "replicate"}
METHODS = {"add", "save", "remove"}
COMMANDS = {
    "create_record", "edit_record", "move_record", "save_record", "delete_record",
    "restore_record", "remove_record",
}  # fmt: skip
PUBLISHERS = {"publish", "publish_all"}
TABLE_MODULES = {"store", "tables"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MODULE_LEVEL = "<module>"
SQL_TEXT = re.compile(
    r"\b(?:(insert)\s+into|(delete)\s+from|(update)(?=\s+\S+\s+set\b))\s+\"?(\w+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Write:
    """A statement or call that writes.

    `target` is the table, None if it cannot be read off; `root` is the name by which the code
    reaches it. `is_text` says that the SQL is written out as text.
    """

    form: str
    target: str | None
    root: str
    line: int
    is_text: bool = False


@dataclass
class Function:
    """A function of a module: what it writes itself, and which functions it names.

    A value that a module assigns counts as a function of that name, such as a lambda; what else
    stands outside functions is MODULE_LEVEL.
    """

    module: "Module"
    name: str
    line: int
    writes: list[Write] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    publishes: bool = False

    @property
    def dotted(self) -> str:
        return f"{self.module.dotted}.{self.name}"

    @property
    def is_part(self) -> bool:
        """Whether the function is checked with those that call it."""
        return self.module.holds_sql or self.name.startswith("_")

    def __str__(self) -> str:
        return f"{self.module.path}:{self.line}: {self.name}"


@dataclass
class Module:
    """A module with its functions; `imported` maps names to `(module, name there)`."""

    path: Path
    dotted: str
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)

    @property
    def service(self) -> str:
        return self.dotted.partition(".")[0]

    @property
    def feature(self) -> str:
        return feature_of(self.dotted)

    @property
    def holds_sql(self) -> bool:
        """Whether the module is a `store`, or a part of one."""
        return bool(TABLE_MODULES & set(self.dotted.split(".")))


Modules = Mapping[str, Module]


@dataclass(frozen=True)
class Declared:
    """The tables and record types of a service by their names in the code."""

    tables: Mapping[str, Table]
    types: Mapping[str, RecordType]  # type: ignore[type-arg]  # of any record

    def target(self, expression: str) -> str | None:
        """Return the table that an expression names: `leads`, `LEAD.table`, `store.leads`."""
        for part in reversed(expression.split(".")):
            if part in self.types:
                return self.types[part].table.name
            if part in self.tables:
                return self.tables[part].name
        return None


@cache
def the_tree() -> Modules:
    """Return every module of the services and the chassis."""
    folders = [ROOT / f"services/{one}/src" for one in SERVICES] + [ROOT / "libs/chassis/src"]
    files = [path for folder in folders for path in folder.rglob("*.py")]
    return modules_of({file: file.read_text() for file in files if "migrations" not in file.parts})


def feature_of(dotted: str) -> str:
    """Return the feature that a module belongs to: `mtl.leads`; of the chassis, the floor."""
    return ".".join(dotted.split(".")[:2])


def dotted(path: Path) -> str:
    """Return the module's name: `mtl.leads.store`."""
    parts = path.with_suffix("").parts
    inner = parts[parts.index("src") + 1 :]
    return ".".join(inner[:-1] if inner[-1] == "__init__" else inner)


@cache
def declared(service: str) -> Declared:
    """Import the modules of a service and return its tables and record types."""
    folder = "libs" if service == "chassis" else "services"
    tables: dict[str, Table] = {}
    types: dict[str, RecordType] = {}  # type: ignore[type-arg]  # of any record
    for path in sorted((ROOT / folder / service / "src" / service).rglob("*.py")):
        if "migrations" in path.parts or path.stem == "__main__":
            continue
        assigned = _assigned(ast.parse(path.read_text()))
        for name, value in vars(import_module(dotted(path))).items():
            if name in assigned and isinstance(value, Table):
                tables[name] = value
            elif name in assigned and isinstance(value, RecordType):
                types[name] = value
    return Declared(tables, types)


def _assigned(tree: ast.Module) -> set[str]:
    targets = [t for node in tree.body if isinstance(node, ast.Assign) for t in node.targets]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def modules_of(texts: Mapping[Path, str]) -> Modules:
    """Return modules by name, with what their functions write."""
    found: dict[str, Module] = {}
    for path, code in texts.items():
        tree = ast.parse(code)
        module = found[dotted(path)] = _module(path, tree)
        for node in tree.body:
            for member in node.body if isinstance(node, ast.ClassDef) else [node]:
                name = _name(member)
                function = module.functions.setdefault(name, Function(module, name, member.lineno))
                if isinstance(member, FUNCTIONS):
                    _read(function, member)
                else:
                    _read_outside_functions(function, member)
    return found


def _module(path: Path, tree: ast.Module) -> Module:
    module = Module(path, dotted(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module.imported[alias.asname or alias.name] = (node.module, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                module.imported[alias.asname or whole] = (whole, "")
    return module


def _name(node: ast.stmt) -> str:
    """The name of a function, or the one that a statement assigns to."""
    if isinstance(node, FUNCTIONS):
        return node.name
    if isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return target.id if isinstance(target, ast.Name) else MODULE_LEVEL
    return MODULE_LEVEL


def _read_outside_functions(function: Function, node: ast.stmt) -> None:
    """Add what a statement writes; of the names in it, only those in lambdas are calls."""
    lambdas = [inner for inner in ast.walk(node) if isinstance(inner, ast.Lambda)]
    known = {*function.names}
    _read(function, node)
    function.names = known.union(
        ast.unparse(inner)
        for one in lambdas
        for inner in ast.walk(one)
        if isinstance(inner, ast.Name | ast.Attribute)
    )


def _read(function: Function, node: ast.AST) -> None:
    """Add to a function what the code below a node writes, publishes and names."""
    module = function.module
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            called = _called(module, inner)
            function.publishes |= called in PUBLISHERS
            if write := _write(module, inner, called):
                function.writes.append(write)
        elif isinstance(inner, ast.Name | ast.Attribute):
            function.names.add(ast.unparse(inner))
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            function.writes += _written_by_text(inner.value, inner.lineno)


def _called(module: Module, call: ast.Call) -> str:
    """The name of the called function where it was defined; the alias of an import is resolved."""
    last = ast.unparse(call.func).split(".")[-1]
    if isinstance(call.func, ast.Name) and last in module.imported:
        return module.imported[last][1]
    return last


def _write(module: Module, call: ast.Call, called: str) -> Write | None:
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    first = call.args[0] if call.args else None
    written: ast.expr | None = None
    if called in SQL | METHODS and receiver is not None and _target(module, receiver):
        written = receiver
    elif called in SQL and first is not None:
        root = ast.unparse(call.func).split(".")[0]
        is_statement = module.imported.get(root, ("", ""))[0].startswith("sqlalchemy")
        written = first if is_statement or _target(module, first) else None
    elif called in SHARED | COMMANDS and len(call.args) > 1:
        written = call.args[1]
    if written is None:
        return None
    root = ast.unparse(written).split(".")[0]
    return Write(called, _target(module, written), root, call.lineno)


def _target(module: Module, expression: ast.expr) -> str | None:
    """The table of the service that an expression names, by the alias of an import as well."""
    name = ast.unparse(expression)
    alias = isinstance(expression, ast.Name) and module.imported.get(name, ("", ""))[1]
    return declared(module.service).target(alias or name)


def _written_by_text(text: str, line: int) -> Iterator[Write]:
    for statement in SQL_TEXT.finditer(text):
        insert, delete, update, table = statement.groups()
        form = (insert or delete or update).lower()
        yield Write(form, table.lower(), table, line, is_text=True)


def named_functions(modules: Modules, function: Function) -> Iterator[Function]:
    """The functions of the same service that a function calls or passes on."""
    module = function.module
    for name in function.names:
        first, _, rest = name.partition(".")
        if first in module.functions and first != function.name:
            yield module.functions[first]
        source, original = module.imported.get(first, ("", ""))
        of_module = modules.get(f"{source}.{original}")
        if of_module is not None and rest in of_module.functions:
            yield of_module.functions[rest]
        elif (defining := _defining(modules, source, original)) is not None:
            yield defining


def _defining(modules: Modules, source: str, name: str) -> Function | None:
    """The function that a name imported from a module means, through one import again."""
    module = modules.get(source)
    if module is None:
        return None
    if name in module.functions:
        return module.functions[name]
    again = module.imported.get(name)
    return None if again is None or again[0] == source else _defining(modules, *again)
