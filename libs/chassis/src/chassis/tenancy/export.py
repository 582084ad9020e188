"""Exports all rows of a tenant: JSON Lines, one file per table, stored in compressed parts."""

import zlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import CURRENT_TENANT
from chassis.database.encryption.columns import encrypted_columns_of, place_of
from chassis.records.audit.encrypted_changes import (
    EncryptedChange,
    encrypted_changes,
    with_value_in_text,
)
from chassis.records.audit.tables import audit_entries
from chassis.tenancy.personal_data_map import secret_columns
from chassis.tenancy.tables import tenant_exports

PART_ROWS = 2_000  # rows of a part, and of a transaction


async def export_part(
    tx: AsyncConnection, table: Table, *, task_id: UUID, part: int, after: Mapping[str, Any] | None
) -> tuple[int, Mapping[str, Any] | None]:
    """Store the next part of a table.

    Returns its number of rows and the position to go on from, None at the end of the table.
    """
    query = text(_query(table, first=after is None)).bindparams(
        bindparam("after", type_=JSONB), bindparam("hidden", secret_columns(table))
    )
    rows = (await tx.execute(query, {"after": after or {}})).all()
    if rows:
        content = "".join(f"{_in_clear(table, row.document)}\n" for row in rows)
        await tx.execute(
            tenant_exports.insert().values(
                task_id=task_id,
                name=table.name,
                part=part,
                rows=len(rows),
                content=zlib.compress(content.encode()),
            )
        )
    last = orjson.loads(rows[-1].position) if len(rows) == PART_ROWS else None
    return len(rows), last


def _in_clear(table: Table, document: str) -> str:
    """Return a row with its encrypted values decrypted. Raises Unreadable."""
    encrypted = encrypted_columns_of(table)
    if not encrypted and table is not audit_entries:
        return document
    row = orjson.loads(document)
    changes = [
        EncryptedChange("", str(column.name), place_of(column), row[column.name])
        for column in encrypted
        if row[column.name] is not None
    ]
    if table is audit_entries:
        changes += encrypted_changes(row["resource"], row["changes"])
    for change in changes:
        document = with_value_in_text(document, change, change.read())
    return document


def _query(table: Table, *, first: bool) -> str:
    """Page by the primary key; PostgreSQL parses the position at which the last part ended."""
    keys = [column.name for column in table.primary_key.columns]
    names = ", ".join(f't."{name}"' for name in keys)
    last = ", ".join(f'last."{name}"' for name in keys)
    position = ", ".join(f"'{name}', t.\"{name}\"" for name in keys)
    after_last = "" if first else f" AND ({names}) > ({last})"
    return f"""
        SELECT (to_jsonb(t) - CAST(:hidden AS text[]))::text AS document,
               jsonb_build_object({position})::text AS position
        FROM jsonb_populate_record(NULL::"{table.name}", :after) AS last,
             LATERAL (SELECT * FROM "{table.name}" AS t
                      WHERE t.tenant_id = {CURRENT_TENANT}{after_last}
                      ORDER BY {names} LIMIT {PART_ROWS}) AS t
    """  # noqa: S608  # names of our own tables
