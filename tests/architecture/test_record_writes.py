"""The services write records by the rules of `events_and_tables`, and each rule catches samples."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from chassis.composition.features import record_types_of
from deploy.services import SERVICES
from tests.architecture.events_and_tables import (
    PARTS_ELSEWHERE,
    PLAIN_WRITES,
    UNPUBLISHED,
    foreign_writes,
    plain_writes,
    silent_saves,
    uncounted_inserts,
)
from tests.architecture.record_writes import (
    ROOT,
    Function,
    Module,
    Modules,
    declared,
    modules_of,
    the_tree,
)

Rule = Callable[[Function, Modules], Iterator[str]]
RULES: list[Rule] = [plain_writes, uncounted_inserts, foreign_writes, silent_saves]
LEADS = "services/mtl/src/mtl/leads"
BOOKS = "services/cpq/src/cpq/price_books/actions.py"
IMPORTS = """
import sqlalchemy as sa
from sqlalchemy import delete, insert, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import insert as upsert
from chassis.events.outbox import publish
from chassis.records.record_commands import save_record
from chassis.records.writes import delete_row, insert_row, insert_rows, update_row
"""
OF_LEADS = "from mtl.leads import store\nfrom mtl.leads.store import LEAD, leads\n"
OF_PRODUCTS = "from cpq.products import store\nfrom cpq.products.store import PRODUCT, products\n"
SQL_FORMS = [
    "insert({})", "upsert({}).values(name='x')", "update({})", "delete({})", "{}.insert()",
    "{}.update()", "{}.delete()", "sa.insert({})", "sa.update({})", "sa.delete({})",
    "postgresql.insert({})", "builders.insert({})",
]  # fmt: skip
TEXT_FORMS = [
    "text('INSERT INTO leads (id) VALUES (:id)')",
    "sa.text('update leads set version = 2')",
    "text(f'DELETE FROM leads WHERE id = {key}')",
    "text('WITH old AS (SELECT 1) INSERT INTO leads SELECT * FROM old')",
]
ROW_FORMS = [
    "insert_row(tx, {}, row)", "insert_rows(tx, {}, rows)", "update_row(tx, {}, row)",
    "delete_row(tx, {}, key)",
]  # fmt: skip
TYPE_FORMS = ["{}.add(tx, row)", "{}.save(tx, row, row)", "{}.remove(tx, key)"]


def found(rule: Rule, samples: Mapping[str, str]) -> list[str]:
    """What a rule finds in samples that take the place of modules, or are added to the tree."""
    planted = modules_of({ROOT / path: IMPORTS + code for path, code in samples.items()})
    modules = {**the_tree(), **planted}
    return [line for one in planted.values() for line in complaints(rule, one, modules)]


def complaints(rule: Rule, module: Module, modules: Modules) -> Iterator[str]:
    for function in module.functions.values():
        yield from rule(function, modules)


def command(form: str) -> str:
    return f"async def change(tx):\n    await tx.execute({form})\n"


@pytest.mark.parametrize("rule", RULES)
def test_the_tree_keeps_the_rule(rule: Rule) -> None:
    tree = the_tree()
    assert [c for one in tree.values() for c in complaints(rule, one, tree)] == []


@pytest.mark.parametrize("form", [*SQL_FORMS, *ROW_FORMS])
@pytest.mark.parametrize("table", ["leads", "store.leads", "LEAD.table"])
def test_a_command_that_writes_a_record_without_an_event_is_found(form: str, table: str) -> None:
    code = OF_LEADS + command(form.format(table))
    assert found(silent_saves, {f"{LEADS}/timers.py": code})


@pytest.mark.parametrize("form", TYPE_FORMS)
def test_a_method_of_a_record_type_without_an_event_is_found(form: str) -> None:
    code = OF_LEADS + command(form.format("LEAD"))
    assert found(silent_saves, {f"{LEADS}/actions.py": code})


FOLLOWED = {
    "private": """
async def _keep(tx):
    await LEAD.save(tx, 1, 2)
async def move(tx):
    await _keep(tx)
""",
    "of the store": "async def move(tx):\n    await store.put(tx)",
    "inner": """
async def move(tx):
    async def save(lead):
        await LEAD.save(tx, lead, lead)
    await each(save)
""",
    "passed on": "async def move(tx):\n    await each(partial(store.put, tx))",
}


@pytest.mark.parametrize("code", FOLLOWED.values(), ids=FOLLOWED)
def test_a_write_is_followed_through_functions(code: str) -> None:
    put = OF_LEADS + "async def put(tx):\n    await tx.execute(update(leads))\n"
    samples = {f"{LEADS}/store.py": put, f"{LEADS}/timers.py": OF_LEADS + code}
    assert any("timers.py" in line for line in found(silent_saves, samples))


def test_a_write_with_its_event_is_allowed() -> None:
    code = OF_LEADS + "async def move(tx):\n    await publish(tx, await LEAD.save(tx, 1, 2))\n"
    assert found(silent_saves, {f"{LEADS}/actions.py": code}) == []


@pytest.mark.parametrize("form", SQL_FORMS)
def test_plain_sql_on_records_is_found(form: str) -> None:
    assert found(plain_writes, {f"{LEADS}/store.py": OF_LEADS + command(form.format("leads"))})


def test_plain_sql_on_a_table_that_cannot_be_read_off_is_found() -> None:
    code = "async def change(tx, table):\n    await tx.execute(insert(table))\n"
    assert found(plain_writes, {f"{LEADS}/store.py": code})


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_sql_written_as_text_is_found(form: str) -> None:
    code = OF_LEADS + command(form)
    assert found(plain_writes, {f"{LEADS}/store.py": code})
    assert found(silent_saves, {f"{LEADS}/timers.py": code})


def test_sql_written_as_text_is_refused_for_tables_without_versions() -> None:
    code = command("text('INSERT INTO lead_keys (id) VALUES (:id)')")
    assert found(plain_writes, {f"{LEADS}/store.py": code})


OUTSIDE_FUNCTIONS = {
    "lambda": "move = lambda tx: tx.execute(insert(leads))",
    "annotated lambda": "move: Any = lambda tx: tx.execute(insert(leads))",
    "lambda among values": "MOVES = {'move': lambda tx: tx.execute(insert(leads))}",
    "statement": "MOVE = insert(leads).values(version=1)",
    "text": "MOVE = text('INSERT INTO leads (id) VALUES (:id)')",
    "class": "class Moves:\n    move = lambda tx: tx.execute(insert(leads))",
}


@pytest.mark.parametrize("code", OUTSIDE_FUNCTIONS.values(), ids=OUTSIDE_FUNCTIONS)
@pytest.mark.parametrize("rule", [plain_writes, uncounted_inserts, silent_saves])
def test_a_write_outside_functions_is_found(rule: Rule, code: str) -> None:
    assert found(rule, {f"{LEADS}/timers.py": OF_LEADS + code})


def test_a_lambda_that_writes_by_the_store_is_followed() -> None:
    put = OF_LEADS + "async def put(tx):\n    await tx.execute(update(leads))\n"
    code = OF_LEADS + "MOVES = {'move': lambda tx: store.put(tx)}"
    samples = {f"{LEADS}/store.py": put, f"{LEADS}/timers.py": code}
    assert any("timers.py" in line for line in found(silent_saves, samples))


def test_a_table_is_known_by_the_alias_of_its_import() -> None:
    code = "from mtl.leads.store import leads as rows\n" + command("sa.insert(rows)")
    assert found(silent_saves, {f"{LEADS}/timers.py": code})


@pytest.mark.parametrize(
    "form", ["insert({})", "upsert({})", "{}.insert()", "sa.insert({})", "postgresql.insert({})"]
)
def test_an_insert_of_records_that_does_not_count_them_is_found(form: str) -> None:
    code = OF_LEADS + command(form.format("leads"))
    assert found(uncounted_inserts, {f"{LEADS}/store.py": code})


@pytest.mark.parametrize(
    "form",
    [
        *(form.format("products") for form in [*SQL_FORMS, *ROW_FORMS]),
        *(form.format("store.products") for form in [*SQL_FORMS, *ROW_FORMS]),
        *(form.format("PRODUCT") for form in TYPE_FORMS),
        "save_record(command, PRODUCT, before, after)",
    ],
)
def test_a_write_of_another_feature_is_found(form: str) -> None:
    assert found(foreign_writes, {BOOKS: OF_PRODUCTS + command(form)})


def test_a_write_by_the_store_of_another_feature_is_found() -> None:
    code = "from cpq.price_books import store as books\n" + command("books.add_version(tx, a)")
    assert found(foreign_writes, {"services/cpq/src/cpq/products/actions.py": code})


def test_a_write_to_a_table_of_the_ground_is_found() -> None:
    code = "from chassis.records.audit.tables import audit_entries\n"
    assert found(foreign_writes, {f"{LEADS}/actions.py": code + command("insert(audit_entries)")})


@pytest.mark.parametrize("service", SERVICES)
def test_a_record_type_has_its_events_or_is_listed_as_unpublished(service: str) -> None:
    for record_type in record_types_of(service):
        has_events = record_type.created is not None and record_type.changed is not None
        assert record_type.is_published != (record_type.table.name in UNPUBLISHED)
        assert not (has_events and not record_type.is_published)


def test_every_exception_is_needed() -> None:
    modules = the_tree()
    functions = {f.dotted: f for module in modules.values() for f in module.functions.values()}
    assert {*PLAIN_WRITES, *PARTS_ELSEWHERE} <= {name for name, f in functions.items() if f.writes}
    tables = {t.name for one in [*SERVICES, "chassis"] for t in declared(one).tables.values()}
    assert set(UNPUBLISHED) <= tables
    types = [t for one in [*SERVICES, "chassis"] for t in declared(one).types.values()]
    assert not [t.table.name for t in types if t.is_published and t.table.name in UNPUBLISHED]
