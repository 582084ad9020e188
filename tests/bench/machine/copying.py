"""Copies generated records into a database, with the search words that their tables declare.

Everything else that a row brings with it, such as the audit, is written by the triggers.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from itertools import islice
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.types import TypeDecorator

from chassis.database.transaction_tenant import within_tenant
from chassis.foundation.context import Context
from chassis.records.search.spelling import bigrams_of
from chassis.records.search.tables import search_grams, search_texts
from chassis.records.search.words import SearchedColumns
from contracts.work import RecordRef
from kernel.ids import new_id

CHUNK = 5_000
DOCUMENTS = (dict, list)  # `dict | list` would be made anew for each of millions of values
DIALECT = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
NO_GRAMS_KEY = "ALTER TABLE search_grams DROP CONSTRAINT search_grams_pkey"
GRAMS_KEY = (
    "ALTER TABLE search_grams ADD CONSTRAINT search_grams_pkey"
    " PRIMARY KEY (tenant_id, resource, gram, id)"
)
T = TypeVar("T")
Values = Sequence[Mapping[str, Any]]
TableRows = tuple[Table, Values]


def time_ordered_id(at: datetime, n: int, random: Random) -> UUID:
    """Return a UUIDv7 of this time; `n` keeps the ids of one millisecond in their order."""
    milliseconds = int(at.timestamp() * 1000)
    value = milliseconds << 80 | 0x7 << 76 | (n & 0xFFF) << 64 | 0b10 << 62 | random.getrandbits(62)
    return UUID(int=value)


async def copy_records(
    connection: asyncpg.Connection,
    tenant: UUID,
    records: Iterable[T],
    rows_of: Callable[[Sequence[T]], Iterable[TableRows]],
) -> None:
    """Copy records in chunks, each in a transaction; `rows_of` runs within the tenant.

    It runs in a thread: while the database stores a chunk, the next one is made.
    """
    remaining = iter(records)

    def made() -> Sequence[TableRows]:
        chunk = list(islice(remaining, CHUNK))
        with within_tenant(tenant):
            return [(table, rows) for table, rows in rows_of(chunk) if rows] if chunk else ()

    # Built at the end, the index of millions of words takes a third of the time.
    await connection.execute(NO_GRAMS_KEY)
    tables = await asyncio.to_thread(made)
    while tables:
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(asyncio.to_thread(made))
            async with connection.transaction():
                for table, rows in tables:
                    await copy_rows(connection, tenant, table, rows)
        tables = following.result()
    await connection.execute(GRAMS_KEY)


def searchable(table: Table, rows: Values) -> Iterator[TableRows]:
    """Yield the rows as they are stored, and those of their search words; within the tenant.

    `rows` are those of `to_columns`.
    """
    yield table, [sealed(table, row) for row in rows]
    words: SearchedColumns = table.info["words"]
    texts = {row["id"]: words.text_of(row) for row in rows}
    of_resource = {"resource": words.resource}
    yield search_texts, [of_resource | {"id": key, "text": one} for key, one in texts.items()]
    grams = ((gram, key) for key, one in texts.items() for gram in bigrams_of(one))
    yield search_grams, [of_resource | {"gram": gram, "id": key} for gram, key in grams]


def waiting_job(kind: str, about: RecordRef, run_at: datetime) -> dict[str, Any]:
    """Return the row of a job that waits for its time, keyed by its record."""
    cause = Context()
    return {
        "id": new_id(),
        "kind": kind,
        "key": str(about.record_id),
        "run_at": run_at,
        "payload": {},
        "origin": f"{about.resource}:{about.record_id}",
        "correlationid": cause.request_id,
        "traceparent": cause.traceparent,
    }


def sealed(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as it is stored: encrypted, with digests and documents; within the tenant."""
    return {name: _stored(table.c[name].type, value) for name, value in row.items()}


def _stored(kind: Any, value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(kind, TypeDecorator):
        return kind.process_bind_param(value, DIALECT)
    return value


async def copy_rows(
    connection: asyncpg.Connection, tenant: UUID, table: Table, rows: Values
) -> None:
    """Copy rows of one tenant into a table."""
    columns = list(rows[0])
    records = [(tenant, *[_value(row[column]) for column in columns]) for row in rows]
    await connection.copy_records_to_table(
        table.name, columns=["tenant_id", *columns], records=records
    )


def _value(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, DOCUMENTS) else value
