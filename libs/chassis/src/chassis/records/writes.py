"""Writes of records: they count against the quota, update search words, and check the version."""

from dataclasses import replace

from sqlalchemy import Table, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import E, Row, to_columns
from chassis.records.record_quota import count_records
from chassis.records.search.words import index_words
from kernel.errors import Conflict


async def insert_row(tx: AsyncConnection, table: Table, row: Row) -> None:
    """Insert a row and index its search words. Raises Conflict (QUOTA_ROWS)."""
    await count_records(tx, table)
    values = to_columns(table, row)
    await tx.execute(insert(table).values(values))
    await index_words(tx, table, [values], new=True)


async def update_row(tx: AsyncConnection, table: Table, entity: E) -> E:
    """Update the entity's row and return the entity as saved, with the next version.

    Raises Conflict (STALE_WRITE) if another transaction wrote the row first.
    """
    saved = replace(entity, version=entity.version + 1)
    mine = (table.c.id == entity.id) & (table.c.version == entity.version)
    values = to_columns(table, saved)
    updated = await tx.execute(update(table).where(mine).values(values).returning(table.c.id))
    if updated.one_or_none() is None:
        raise Conflict("STALE_WRITE", what=table.name, key=str(entity.id))
    await index_words(tx, table, [values])
    return saved
