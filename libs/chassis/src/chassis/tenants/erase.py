"""Erases a person from every table of a service: marked columns, and traces in JSON and texts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    cast,
    delete,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.lists.words import keep_words
from chassis.tenants.rooms import DIGEST, ERASED, FILE, SUBJECT, marked, tenant_of
from chassis.tenants.scrub import GONE, Person, blanked, is_packed, scrubbed

MOST = 10_000  # rows of a table that are about one person
REWRITE: Final = text("SELECT rewrite_row(:target, CAST(:key AS jsonb), CAST(:fresh AS jsonb))")
# Their strings are the service's own words, or they are dealt with through `keep_words`.
UNTOUCHED = frozenset({"search_texts", "search_grams", "jobs", "tenant_exports"})


async def gather(tx: AsyncConnection, tables: Sequence[Table], person: Person) -> None:
    """Learn the ids and the values of all rows about the person, from whatever was given."""
    known = -1
    while known != len(person.ids):
        known = len(person.ids)
        for table in tables:
            for row in await _rows_about(tx, table, person):
                if "id" in table.c and marked(table, *ERASED):
                    person.ids.add(row["id"])
                values = (row[column.key] for column in marked(table, *ERASED))
                person.found |= {one for one in values if isinstance(one, str) and one != GONE}


async def erase_rows(tx: AsyncConnection, table: Table, person: Person) -> int:
    """Empty the marked columns of the rows about the person; how many rows there were."""
    rows = await _rows_about(tx, table, person)
    if marked(table, DIGEST):
        for row in rows:
            await tx.execute(delete(table).where(*_key_is(table, row)))
        return len(rows)
    columns = [one for one in marked(table, *ERASED) if not one.primary_key]
    if not rows or not columns:
        return 0
    empty = {str(one.name): None if one.nullable else GONE for one in columns}
    for row in rows:
        await _rewrite(tx, table, row, empty)
    if "id" in table.c:
        await keep_words(tx, table, [{**row, **empty} for row in rows])
    return len(rows)


async def _rows_about(
    tx: AsyncConnection, table: Table, person: Person
) -> Sequence[Mapping[str, Any]]:
    conditions = list(_about(table, person))
    if not conditions:
        return []
    found = await tx.execute(_mine(table).where(or_(*conditions)).limit(MOST))
    return [dict(row) for row in found.mappings()]


def _about(table: Table, person: Person) -> list[ColumnElement[bool]]:
    ids, given = sorted(person.ids), sorted(person.given)
    told: list[ColumnElement[bool]] = []
    if marked(table, *ERASED) and "id" in table.c:
        told.append(table.c.id.in_(ids))
    told += [cast(column, String).in_([str(i) for i in ids]) for column in marked(table, SUBJECT)]
    told += [func.lower(column).in_(given) for column in marked(table, "phone", "email", "login")]
    return told


def _mine(table: Table) -> Any:
    """The backbone's tables show the worker all tenants, so the tenant is said aloud."""
    return select(table).where(tenant_of(table) == text("current_setting('app.tenant')::uuid"))


def _key_is(table: Table, row: Mapping[Any, Any]) -> list[ColumnElement[bool]]:
    return [column == row[column.key] for column in table.primary_key.columns]


async def _rewrite(
    tx: AsyncConnection, table: Table, row: Mapping[Any, Any], fresh: Mapping[str, Any]
) -> None:
    """As the tables' owner: much of this is append-only for everybody else."""
    key = {str(c.name): row[c.key] for c in table.primary_key.columns if c.name != "tenant_id"}
    values = {"target": str(table.name), "key": _json(key), "fresh": _json(fresh)}
    await tx.execute(REWRITE, values)


def _json(values: Mapping[str, Any]) -> str:
    return orjson.dumps(values, default=str).decode()


async def erase_traces(tx: AsyncConnection, table: Table, person: Person) -> int:
    """Cut the person out of JSON, free texts and files that name them; how many rows that were."""
    columns = [column for column in table.c if _may_hold_traces(column)]
    if table.name in UNTOUCHED or not columns or not person.needles:
        return 0
    query = _mine(table).where(or_(*_naming(table, columns, person))).limit(MOST)
    rewritten = 0
    for row in (await tx.execute(query)).mappings().all():
        cleaned = {str(c.name): _cleaned(c, row[c.key], person) for c in columns}
        fresh = {name: one for name, one in cleaned.items() if one is not None}
        if fresh:
            rewritten += 1
            await _rewrite(tx, table, row, fresh)
    return rewritten


def _may_hold_traces(column: Column[Any]) -> bool:
    if column.primary_key or column.computed is not None:
        return False
    if isinstance(column.type, LargeBinary):
        return column.info.get("personal") == FILE
    return isinstance(column.type, JSONB) or type(column.type) is Text


def _naming(
    table: Table, columns: Sequence[Column[Any]], person: Person
) -> list[ColumnElement[bool]]:
    """Rows that hold a value that was given, or an id of the person in whatever column."""
    told = [_holds(column, needle) for column in columns for needle in person.needles]
    ids = sorted(person.ids)
    return told + [column.in_(ids) for column in table.c if isinstance(column.type, Uuid)]


def _holds(column: Column[Any], needle: str) -> ColumnElement[bool]:
    if isinstance(column.type, LargeBinary):
        return func.pg_catalog.position(column, needle.encode()) > 0
    return func.strpos(func.lower(cast(column, Text)), needle.lower()) > 0


def _cleaned(column: Column[Any], value: Any, person: Person) -> Any:
    """The value without the person, as JSON has it; None where nothing changes."""
    values = person.given | person.found
    if value is None:
        return None
    if isinstance(value, bytes):
        clean = b"" if is_packed(value) else blanked(value, person)
        return "\\x" + clean.hex() if clean != value else None
    cleaned = scrubbed(value, values)
    return cleaned if cleaned != value else None
