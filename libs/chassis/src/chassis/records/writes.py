"""Writes of records: they count against the quota, update search words, and check the version."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from chassis.database.rows import E, Entity, Row, to_columns
from chassis.records.record_quota import count_records
from chassis.records.search.words import SearchedColumns, delete_words, index_words
from kernel.errors import Conflict

N = TypeVar("N", bound=Entity)


async def insert_row(tx: AsyncConnection, table: Table, row: Row) -> None:
    """Insert a row and index its search words. Raises Conflict (QUOTA_ROWS)."""
    await count_records(tx, table)
    values = to_columns(table, row)
    await tx.execute(insert(table), values)
    await index_words(tx, table, [values], new=True)


async def insert_rows(
    tx: AsyncConnection,
    table: Table,
    rows: Sequence[N],
    *,
    unique: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
) -> list[N]:
    """Insert rows, index their search words, and return those that were inserted.

    `unique` names the columns of a unique index beside the tenant: a row that equals another one in
    them is left out, after any other transaction that is inserting it has ended. `more` gives
    columns that are no fields of the rows. Raises Conflict (QUOTA_ROWS).
    """
    if not rows:
        return []
    await count_records(tx, table, len(rows))
    values = [{**to_columns(table, row), **(more or {})} for row in rows]
    if not unique:
        await tx.execute(insert(table), values)
        await index_words(tx, table, values, new=True)
        return list(rows)
    statement = insert(table).values(values)
    statement = statement.on_conflict_do_nothing(index_elements=["tenant_id", *unique])
    inserted: set[UUID] = set((await tx.execute(statement.returning(table.c.id))).scalars())
    await count_records(tx, table, len(inserted) - len(rows))
    await index_words(tx, table, [v for v in values if v["id"] in inserted], new=True)
    return [row for row in rows if row.id in inserted]


async def update_row(tx: AsyncConnection, table: Table, entity: E, *, before: E | None = None) -> E:
    """Update the entity's row and return the entity as saved, with the next version.

    With `before`, the row as it was read, search words are only written if a searched column
    changed. Raises Conflict (STALE_WRITE) if another transaction wrote the row first.
    """
    saved = replace(entity, version=entity.version + 1)
    values = to_columns(table, saved)
    known = {"known_id": entity.id, "known_version": entity.version}
    updated = await tx.execute(_guarded_update(table), values | known)
    if updated.one_or_none() is None:
        raise Conflict("STALE_WRITE", what=table.name, key=str(entity.id))
    if before is None or _searched(table, values) != _searched(table, to_columns(table, before)):
        await index_words(tx, table, [values])
    return saved


@cache
def _guarded_update(table: Table) -> ReturningUpdate[Any]:
    """Return the update of the columns that it is executed with, for a row as it was read."""
    mine = (
        table.c.id == bindparam("known_id"),
        table.c.version == bindparam("known_version"),
    )
    return update(table).where(*mine).returning(table.c.id)


async def delete_row(tx: AsyncConnection, table: Table, key: UUID) -> None:
    """Delete a row for good, with its search words; a missing row is no error."""
    await tx.execute(delete(table).where(table.c.id == key))
    words: SearchedColumns | None = table.info.get("words")
    if words is not None:
        await delete_words(tx, words.resource, [key])


def _searched(table: Table, values: dict[str, Any]) -> list[Any]:
    words: SearchedColumns | None = table.info.get("words")
    return [] if words is None else [values[name] for name in words.all_columns]
