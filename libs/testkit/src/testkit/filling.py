"""Fills the tables of declared lists with many rows, for checking query plans and for measuring."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Integer,
    Numeric,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import JsonDocument
from chassis.database.encryption.columns import DIGEST_OF, is_encrypted
from chassis.database.engine import Database
from chassis.records.access.tables import grants
from chassis.records.custom_fields.tables import custom_values, definitions
from chassis.records.lists.listing import Listing
from chassis.records.search.tables import search_grams, search_texts
from kernel.ids import new_id
from testkit.databases import ServiceDatabase
from testkit.digested import digests_sql

FULL_SIZE = 200_000
# A tenth of the rows on as many pages: PostgreSQL weighs a table by its pages, so it chooses as at
# full size. `make test-deep` checks the plans at full size.
PLAN_ROWS = int(os.environ.get("L2C_PLAN_ROWS", "20000"))
OWNERS, SHARED_ROWS = 100, 20
SPARSE = 8  # every eighth row has search words and a value of each custom field
CUSTOM_FIELDS = {"plan_text": "TEXT", "plan_number": "NUMBER"}
SIDE_TABLES = (grants, search_texts, search_grams, custom_values, definitions)

# The indexes that back no constraint.
_INDEXES = text("""
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
    FROM pg_index i
    WHERE i.indrelid = CAST(:name AS regclass)
    AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
""")


@dataclass(frozen=True, kw_only=True)
class ListSample:
    """What a list's table is filled with, where values by column type do not fit.

    `columns` names SQL for the columns that need other values, where `n` counts the rows from 1:
    `{"status": "'OPEN'"}`. `filters` gives values for the filters that are no columns. `further`
    fills other tables that the filters read; the table's own rows are in place by then.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    further: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FilledTenant:
    """A tenant with full tables of `rows` rows; some rows are shared with the person `grantee`."""

    tenant: UUID
    grantee: UUID
    rows: int

    @property
    def rows_of_owner(self) -> int:
        """How many rows of a table belong to each owner."""
        return self.rows // OWNERS


async def fill(
    database: ServiceDatabase,
    listings: Sequence[Listing[Any]],
    samples: Mapping[str, ListSample],
    *,
    rows: int = PLAN_ROWS,
) -> FilledTenant:
    """Fill the tables of these lists and analyze them; `samples` go by the collection's name."""
    filled = FilledTenant(tenant=new_id(), grantee=new_id(), rows=rows)
    owner = Database(database.owner_url, name="test-owner")
    try:
        async with owner.begin(filled.tenant) as tx:
            await tx.execute(text("SET LOCAL statement_timeout = '600s'"))
            await tx.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
            await _spread(tx, [*SIDE_TABLES, *(listing.table for listing in listings)], rows)
            async with _bare(tx, custom_values.name):
                await tx.execute(_OTHER_CUSTOM_VALUES, {"rows": 3 * rows // 2})
            for listing in listings:
                await _fill_list(tx, listing, samples.get(listing.collection, ListSample()), filled)
            names = ", ".join(table.name for table in SIDE_TABLES)
            await tx.execute(text(f"ANALYZE {names}"))
    finally:
        await owner.dispose()
    return filled


async def _spread(tx: AsyncConnection, tables: Sequence[Table], rows: int) -> None:
    """Spread the rows over as many pages as the full size would have."""
    density = min(100, max(10, 100 * rows // FULL_SIZE))
    for name in {table.name for table in tables}:
        await tx.execute(text(f"ALTER TABLE {name} SET (fillfactor = {density})"))


async def _fill_list(
    tx: AsyncConnection, listing: Listing[Any], sample: ListSample, filled: FilledTenant
) -> None:
    async with _bare(tx, listing.table.name):
        await tx.execute(text(_insert(listing, filled.rows, sample.columns)))
    for name, statement in sample.further.items():
        async with _bare(tx, name):
            await tx.execute(text(statement))
    await _share(tx, listing, filled)
    await _add_search_words(tx, listing)
    if listing.options.custom:
        await _add_custom_values(tx, listing)


@asynccontextmanager
async def _bare(tx: AsyncConnection, table: str) -> AsyncIterator[None]:
    """The block fills the table without triggers and indexes; afterwards it is analyzed.

    Building the indexes afterwards takes a third of the time of maintaining them row by row.
    """
    found = await tx.execute(_INDEXES, {"name": table})
    indexes = [(row.name, row.definition) for row in found]
    await tx.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    for name, _ in indexes:
        await tx.execute(text(f"DROP INDEX {name}"))
    yield
    for _, definition in indexes:
        await tx.execute(text(definition.replace(":", "\\:")))
    await tx.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    await tx.execute(text(f"ANALYZE {table}"))


def _insert(listing: Listing[Any], rows: int, values: Mapping[str, str]) -> str:
    owner = listing.scoped.owner if listing.scoped else listing.personal or None
    return insert_rows(listing.table, rows, values, owner=owner)


def insert_rows(
    table: Table, rows: int, values: Mapping[str, str], *, owner: str | None = None
) -> str:
    """Return the SQL that fills a table with rows of values by column type, or of `values`."""
    columns = [c for c in table.c if c.computed is None and c.identity is None]
    expressions = {c.name: values.get(c.name) or _expression(c, owner) for c in columns}
    names = ", ".join(f'"{name}"' for name in expressions)
    return (
        f"INSERT INTO {table.name} ({names}) "  # noqa: S608  # names of our own tables
        f"SELECT {', '.join(expressions.values())} FROM generate_series(1, {rows}) AS n"
    )


def _is_unique(column: Column[Any]) -> bool:
    table = column.table
    assert isinstance(table, Table)
    uniques = [index.columns for index in table.indexes if index.unique]
    return any(column.name in [c.name for c in columns] for columns in uniques)


def _expression(column: Column[Any], owner: str | None) -> str:
    """Return the SQL expression of the n-th row's value."""
    if column.name == "tenant_id":
        return "nullif(current_setting('app.tenant', true), '')::uuid"
    if column.name == "id":  # in the order of time, as UUIDv7 is
        return "('01990000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
    if column.name == owner:
        return f"'owner-' || n % {OWNERS}"
    if column.name == "deleted_at":
        return "CASE WHEN n % 500 = 0 THEN now() END"
    unique = _is_unique(column)
    if is_encrypted(column):
        return "NULL"  # SQL has no key
    value = _by_type(column, "n" if unique else "n % 5000")
    # Some values are null, among the rows of every owner.
    return f"CASE WHEN n % 11 <> 3 THEN {value} END" if column.nullable and not unique else value


def _by_type(column: Column[Any], number: str) -> str:
    kind = column.type
    if DIGEST_OF in column.info:
        return digests_sql(column)
    if isinstance(kind, Enum):
        members = ", ".join(f"'{member}'" for member in kind.enums)
        return f"(ARRAY[{members}])[1 + n % {len(kind.enums)}]"
    for family, expression in _BY_TYPE:
        if isinstance(kind, family):
            return expression.format(number=number)
    if column.name.endswith("currency"):
        return "'CNY'"
    return f"'{column.name} ' || md5(({number})::text)"


_BY_TYPE: tuple[tuple[Any, str], ...] = (
    (Uuid, "md5(({number})::text)::uuid"),
    (Boolean, "(n % 2 = 0)"),
    (Date, "date '2024-01-01' + (n / 200)"),  # in ascending order, like ids
    (DateTime, "timestamptz '2024-01-01 00:00+00' + n * interval '5 minutes'"),
    (JSONB, "'{{}}'::jsonb"),
    (JsonDocument, "'[]'::jsonb"),  # a tuple of what the record consists of
    (ARRAY, "'{{}}'"),
    (Numeric, "(n::bigint * 7919) % 1000000"),
    (BigInteger, "1 + {number}"),
    (Integer, "1 + n % 50"),
)


# The number at the end of an id: `n` of the row.
_NUMBER = "('x' || right(id::text, 8))::bit(32)::int"


async def _share(tx: AsyncConnection, listing: Listing[Any], filled: FilledTenant) -> None:
    """Share a few scattered rows with the grantee, and many with another person."""
    for grantee, every in ((filled.grantee, filled.rows // SHARED_ROWS), (new_id(), 20)):
        await tx.execute(
            text(
                "INSERT INTO record_grants (tenant_id, id, resource, record_id,"  # noqa: S608  # our names
                " grantee_kind,"
                " grantee_id, via, access, created_by, created_at)"
                " SELECT tenant_id, gen_random_uuid(), :resource, id, 'PERSON', :grantee, 'SHARE',"
                " 'READ', 'owner-1', now()"
                f" FROM {listing.table.name} WHERE {_NUMBER} % :every = 7"
            ),
            {"resource": listing.resource, "grantee": grantee, "every": every},
        )


async def _add_search_words(tx: AsyncConnection, listing: Listing[Any]) -> None:
    """Search words of every eighth row: the last letters of its first searched column."""
    words = listing.table.info.get("words")
    if words is None:
        return
    await tx.execute(
        text(
            "INSERT INTO search_texts (tenant_id, resource, id, text)"  # noqa: S608  # names of our own
            f" SELECT tenant_id, :resource, id, right(lower({words.columns[0]}), 6)"
            f" FROM {listing.table.name} WHERE {words.columns[0]} IS NOT NULL"
            f" AND get_byte(uuid_send(id), 15) % {SPARSE} = 1"
        ),
        {"resource": words.resource},
    )
    await tx.execute(
        text(
            "INSERT INTO search_grams (tenant_id, resource, gram, id)"
            " SELECT DISTINCT tenant_id, resource, substr(text, n, 2), id"
            " FROM search_texts, generate_series(1, 6) AS n WHERE resource = :resource"
        ),
        {"resource": words.resource},
    )


async def _add_custom_values(tx: AsyncConnection, listing: Listing[Any]) -> None:
    """Two custom fields, with values in every eighth row: v0 to v199, 0 to 999."""
    values = {
        "TEXT": f"'v' || {_NUMBER} / {SPARSE} % 200, NULL",
        "NUMBER": f"NULL, {_NUMBER}::bigint * 7919 % 1000",
    }
    for key, kind in CUSTOM_FIELDS.items():
        names = {"resource": listing.resource, "key": key}
        await tx.execute(_DEFINITION, {**names, "kind": kind})
        await tx.execute(
            text(
                "INSERT INTO custom_values"  # noqa: S608  # names of our own
                " (tenant_id, resource, record_id, key, place, text_value, number_value)"
                f" SELECT tenant_id, :resource, id, :key, 1, {values[kind]}"
                f" FROM {listing.table.name} WHERE {_NUMBER} % {SPARSE} = 3"
            ),
            names,
        )


_DEFINITION = text(
    "INSERT INTO custom_field_definitions (id, resource, key, type, label_zh, label_en, required,"
    " filterable, active, position, choices, created_at, updated_at, version)"
    " VALUES (gen_random_uuid(), :resource, :key, :kind, :key, :key, false, true, true, 0, '[]',"
    " now(), now(), 1)"
)

# In production, this table also holds the values of other resources.
_OTHER_CUSTOM_VALUES = text(
    "INSERT INTO custom_values"
    " (tenant_id, resource, record_id, key, place, text_value, number_value)"
    " SELECT nullif(current_setting('app.tenant', true), '')::uuid, 'other.resource',"
    " ('01990000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'other_text', 1,"
    " 'v' || n % 200, NULL"
    " FROM generate_series(1, CAST(:rows AS integer)) AS n"
)
