"""Erases a person from a service's tables: empties the columns that are marked as personal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    Text,
    cast,
    delete,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.search.words import index_words
from chassis.tenancy.personal_data_map import (
    CONTACT_KINDS,
    DIGEST_KIND,
    ERASED_KINDS,
    SUBJECT_KIND,
    personal_columns,
)
from chassis.tenancy.redaction import REDACTED, ErasureSubject
from chassis.tenancy.row_pages import RowPage

REWRITE_ROW: Final = text("SELECT rewrite_row(:target, CAST(:key AS jsonb), CAST(:fresh AS jsonb))")


async def collect_subject_data(
    tx: AsyncConnection, tables: Sequence[Table], person: ErasureSubject
) -> None:
    """Learn the further ids of the person, and the values of all rows of theirs."""
    known = -1
    while known != len(person.ids):
        known = len(person.ids)
        for table in tables:
            await _learn(tx, table, person)


async def _learn(tx: AsyncConnection, table: Table, person: ErasureSubject) -> None:
    about = list(_theirs(table, person))
    if not about or not personal_columns(table, *ERASED_KINDS):
        return
    mine = RowPage(table, None, None).within()
    for row in (await tx.execute(select(table).where(*mine, or_(*about)))).mappings():
        if "id" in table.c:
            person.ids.add(row["id"])
        values = (row[column.key] for column in personal_columns(table, *ERASED_KINDS))
        person.found |= {one for one in values if isinstance(one, str) and one != REDACTED}


async def erase_rows(tx: AsyncConnection, page: RowPage, person: ErasureSubject) -> int:
    """Empty the marked columns of the person's rows on this page; how many rows there were.

    A row that only has their phone or mail may be another's, and loses just that.
    """
    table = page.table
    rows = await _rows_about(tx, page, person)
    if personal_columns(table, DIGEST_KIND):
        for row in rows:
            await tx.execute(delete(table).where(*_key_is(table, row)))
        return len(rows)
    emptied = [(row, empty) for row in rows if (empty := _emptied(table, row, person))]
    for row, empty in emptied:
        await rewrite_row(tx, table, row, empty)
    if "id" in table.c:
        await index_words(tx, table, [{**row, **empty} for row, empty in emptied])
    return len(emptied)


async def _rows_about(
    tx: AsyncConnection, page: RowPage, person: ErasureSubject
) -> Sequence[Mapping[str, Any]]:
    conditions = [*_theirs(page.table, person), *_reached(page.table, person)]
    if not conditions:
        return []
    found = await tx.execute(select(page.table).where(*page.within(), or_(*conditions)))
    return [dict(row) for row in found.mappings()]


def _theirs(table: Table, person: ErasureSubject) -> Iterator[ColumnElement[bool]]:
    """Rows about nobody else: they have an id of the person, or are about one."""
    if personal_columns(table, *ERASED_KINDS) and "id" in table.c:
        yield table.c.id.in_(sorted(person.ids))
    for column in personal_columns(table, SUBJECT_KIND):
        yield cast(column, String).in_([str(one) for one in sorted(person.ids)])


def _reached(table: Table, person: ErasureSubject) -> Iterator[ColumnElement[bool]]:
    """Rows that a given phone or mail stands in, and keys on one."""
    given = sorted(person.given)
    for column in personal_columns(table, *CONTACT_KINDS):
        yield func.lower(column).in_(given)
    for column in personal_columns(table, DIGEST_KIND):
        if isinstance(column.type, Text):
            yield func.lower(column).in_(given)
    yield from _keys_on(table, given)


def _keys_on(table: Table, given: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    """Digests of a value tell by their `kind` of which column of the subject's row they are."""
    if not personal_columns(table, DIGEST_KIND) or "kind" not in table.c:
        return
    for subject in personal_columns(table, SUBJECT_KIND):
        for other in table.metadata.sorted_tables:
            for column in personal_columns(other, *CONTACT_KINDS) if "id" in other.c else ():
                named = select(other.c.id).where(func.lower(column).in_(given))
                yield (table.c.kind == str(column.name)) & subject.in_(named)


def _emptied(table: Table, row: Mapping[str, Any], person: ErasureSubject) -> dict[str, Any]:
    """The columns of a row to empty, and with what."""
    columns = [one for one in personal_columns(table, *ERASED_KINDS) if not one.primary_key]
    if not _is_theirs(table, row, person):
        reached = personal_columns(table, *CONTACT_KINDS)
        columns = [c for c in reached if str(row[c.key]).lower() in person.given]
    return {str(one.name): None if one.nullable else REDACTED for one in columns}


def _is_theirs(table: Table, row: Mapping[str, Any], person: ErasureSubject) -> bool:
    ids = {str(one) for one in person.ids}
    about = [row[column.key] for column in personal_columns(table, SUBJECT_KIND)]
    return str(row.get("id")) in ids or any(str(one) in ids for one in about)


def _key_is(table: Table, row: Mapping[Any, Any]) -> list[ColumnElement[bool]]:
    return [column == row[column.key] for column in table.primary_key.columns]


async def rewrite_row(
    tx: AsyncConnection, table: Table, row: Mapping[Any, Any], fresh: Mapping[str, Any]
) -> None:
    """As the tables' owner: much of this is append-only for everybody else."""
    key = {str(c.name): row[c.key] for c in table.primary_key.columns if c.name != "tenant_id"}
    values = {"target": str(table.name), "key": _json(key), "fresh": _json(fresh)}
    await tx.execute(REWRITE_ROW, values)


def _json(values: Mapping[str, Any]) -> str:
    return orjson.dumps(values, default=str).decode()
