"""Writes all rows of a tenant as files: JSON Lines, one file per table, in compressed parts."""

import zlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import CURRENT_TENANT
from chassis.tenancy.personal_data_map import secret_columns
from chassis.tenancy.tables import tenant_exports

PART_ROWS = 2_000  # rows a part, and so a transaction


async def export_part(
    tx: AsyncConnection, table: Table, *, task_id: UUID, part: int, after: Mapping[str, Any] | None
) -> tuple[int, Mapping[str, Any] | None]:
    """Store the next part of a table: how many rows, and where to go on; None at its end."""
    query = text(_query(table, first=after is None)).bindparams(
        bindparam("after", type_=JSONB), bindparam("hidden", secret_columns(table))
    )
    rows = (await tx.execute(query, {"after": after or {}})).all()
    if rows:
        content = "".join(f"{row.told}\n" for row in rows)
        await tx.execute(
            tenant_exports.insert().values(
                task_id=task_id,
                name=table.name,
                part=part,
                rows=len(rows),
                content=zlib.compress(content.encode()),
            )
        )
    last = orjson.loads(rows[-1].place) if len(rows) == PART_ROWS else None
    return len(rows), last


def _query(table: Table, *, first: bool) -> str:
    """By the primary key; PostgreSQL itself reads the place where the last part ended."""
    keys = [column.name for column in table.primary_key.columns]
    names = ", ".join(f't."{name}"' for name in keys)
    last = ", ".join(f'last."{name}"' for name in keys)
    place = ", ".join(f"'{name}', t.\"{name}\"" for name in keys)
    beyond = "" if first else f" AND ({names}) > ({last})"
    return f"""
        SELECT (to_jsonb(t) - CAST(:hidden AS text[]))::text AS told,
               jsonb_build_object({place})::text AS place
        FROM jsonb_populate_record(NULL::"{table.name}", :after) AS last,
             LATERAL (SELECT * FROM "{table.name}" AS t
                      WHERE t.tenant_id = {CURRENT_TENANT}{beyond}
                      ORDER BY {names} LIMIT {PART}) AS t
    """  # noqa: S608  # names of our own tables
