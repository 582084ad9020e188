"""Erases a person in a service's tables: empties the columns marked as personal data."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import (
    Column,
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

from chassis.database.columns import NAME_KEY_OF
from chassis.database.encryption.columns import digests_of, is_encrypted
from chassis.records.contact_points import EXTENSION
from chassis.records.search.words import index_words
from chassis.tenancy.encrypted_contacts import (
    digests_of_encrypted_contact,
    rows_with_encrypted_contact,
)
from chassis.tenancy.personal_data_map import (
    BORNE_KINDS,
    CONTACT_KINDS,
    DIGEST_KIND,
    ERASED_KINDS,
    SUBJECT_KIND,
    personal_columns,
)
from chassis.tenancy.personal_patterns import REDACTED
from chassis.tenancy.redaction import ErasureSubject
from chassis.tenancy.row_pages import RowPage
from kernel.names import comparable_name

REWRITE_ROW: Final = text("SELECT rewrite_row(:target, CAST(:key AS jsonb), CAST(:fresh AS jsonb))")


async def collect_subject_data(
    tx: AsyncConnection, tables: Sequence[Table], person: ErasureSubject
) -> None:
    """Collect the person's further ids and the values of all rows about them, until none is new."""
    count = -1
    while count != len(person.ids):
        count = len(person.ids)
        for table in tables:
            await _collect_from(tx, table, person)


async def _collect_from(tx: AsyncConnection, table: Table, person: ErasureSubject) -> None:
    about = list(_rows_of(table, person))
    if not about or not personal_columns(table, *ERASED_KINDS):
        return
    mine = RowPage(table, None, None).within()
    for row in (await tx.execute(select(table).where(*mine, or_(*about)))).mappings():
        if "id" in table.c:
            person.ids.add(row["id"])
        for column in personal_columns(table, *ERASED_KINDS):
            called_so = column.info["personal"] in BORNE_KINDS
            values = person.found_values if called_so else person.beside_values
            if isinstance(row[column.key], str) and row[column.key] != REDACTED:
                values.add(row[column.key])


async def erase_rows(tx: AsyncConnection, page: RowPage, person: ErasureSubject) -> int:
    """Empty the personal columns of the person's rows on this page; return how many rows.

    A row that only contains their phone or email may be about another person; it loses just that.
    """
    table = page.table
    rows = await _rows_about(tx, page, person)
    if personal_columns(table, DIGEST_KIND):
        for row in rows:
            await tx.execute(delete(table).where(*has_key_of(table, row)))
        return len(rows)
    emptied = [(row, empty) for row in rows if (empty := _emptied(table, row, person))]
    for row, empty in emptied:
        await rewrite_row(tx, table, row, empty)
    if "id" in table.c:
        for row, _ in emptied:
            person.note_changed(row["id"])
        await index_words(tx, table, [{**row, **empty} for row, empty in emptied])
    return len(emptied)


async def _rows_about(
    tx: AsyncConnection, page: RowPage, person: ErasureSubject
) -> Sequence[Mapping[str, Any]]:
    conditions = [*_rows_of(page.table, person), *_rows_with_contact_data(page.table, person)]
    conditions += await rows_with_encrypted_contact(tx, page, person)
    conditions += await digests_of_encrypted_contact(tx, page, person)
    if not conditions:
        return []
    rows = await tx.execute(select(page.table).where(*page.within(), or_(*conditions)))
    return [dict(row) for row in rows.mappings()]


def _rows_of(table: Table, person: ErasureSubject) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of rows about the person: their id, or a subject column with it."""
    if personal_columns(table, *ERASED_KINDS) and "id" in table.c:
        yield table.c.id.in_(sorted(person.ids))
    for column in personal_columns(table, SUBJECT_KIND):
        yield cast(column, String).in_([str(one) for one in sorted(person.ids)])


def _rows_with_contact_data(table: Table, person: ErasureSubject) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of rows that contain a requested phone or email, or a digest of one."""
    contacts = sorted(person.requested_values)
    for column in _clear_contacts(table):
        yield _is_contact(column, contacts)
    for column in personal_columns(table, DIGEST_KIND):
        if isinstance(column.type, Text):
            yield _is_contact(column, contacts)
    yield from _digests_of(table, contacts)


def _clear_contacts(table: Table) -> list[Column[Any]]:
    contacts = personal_columns(table, *CONTACT_KINDS)
    return [column for column in contacts if not is_encrypted(column)]


def _is_contact(column: Column[Any], contacts: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition of a phone or email, whatever extension the number has."""
    base = func.split_part(column, EXTENSION, 1)
    return or_(func.lower(column).in_(contacts), func.lower(base).in_(contacts))


def _digests_of(table: Table, contacts: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of digest rows; their `kind` is that of the subject's column."""
    if not personal_columns(table, DIGEST_KIND) or "kind" not in table.c:
        return
    for subject in personal_columns(table, SUBJECT_KIND):
        for other in table.metadata.sorted_tables:
            for column in _clear_contacts(other) if "id" in other.c else ():
                subjects = select(other.c.id).where(_is_contact(column, contacts))
                kinds = [str(column.name), column.info["personal"]]
                yield table.c.kind.in_(kinds) & subject.in_(subjects)


def _emptied(table: Table, row: Mapping[str, Any], person: ErasureSubject) -> dict[str, Any]:
    """Return the columns of a row to empty, with their new values."""
    columns = [c for c in personal_columns(table, *ERASED_KINDS) if not c.primary_key]
    if not _is_about(table, row, person):
        reached = personal_columns(table, *CONTACT_KINDS)
        columns = [c for c in reached if person.is_requested(row[c.key])]
    emptied = {str(c.name): None if c.nullable else REDACTED for c in columns}
    return with_derived_columns(table, emptied)


def with_derived_columns(table: Table, changes: dict[str, Any]) -> dict[str, Any]:
    """Add the comparing form of each changed name, and the digest of each emptied encrypted field.

    An encrypted field is never rewritten but emptied.
    """
    sources = {str(c.name): c.info[NAME_KEY_OF] for c in table.c if NAME_KEY_OF in c.info}
    keys = {
        key: comparable_name(changes[name] or "")
        for key, name in sources.items()
        if name in changes
    }
    return changes | keys | digests_of(table, changes)


def _is_about(table: Table, row: Mapping[str, Any], person: ErasureSubject) -> bool:
    ids = {str(key) for key in person.ids}
    about = [row[column.key] for column in personal_columns(table, SUBJECT_KIND)]
    return str(row.get("id")) in ids or any(str(value) in ids for value in about)


def has_key_of(table: Table, row: Mapping[Any, Any]) -> list[ColumnElement[bool]]:
    """Return the conditions that find a row again by its primary key."""
    return [column == row[column.key] for column in table.primary_key.columns]


async def rewrite_row(
    tx: AsyncConnection, table: Table, row: Mapping[Any, Any], fresh: Mapping[str, Any]
) -> None:
    """Rewrite a row as the table's owner: many of these tables are append-only for others."""
    key = {str(c.name): row[c.key] for c in table.primary_key.columns if c.name != "tenant_id"}
    values = {"target": str(table.name), "key": _json(key), "fresh": _json(fresh)}
    await tx.execute(REWRITE_ROW, values)


def _json(values: Mapping[str, Any]) -> str:
    return orjson.dumps(values, default=_plain).decode()


def _plain(value: object) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
