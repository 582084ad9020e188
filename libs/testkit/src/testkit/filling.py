"""A list's table filled to full size, and emptied again."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
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

from chassis.database.engine import Database
from chassis.records.access.tables import grants
from chassis.records.custom_fields.tables import custom_values, definitions
from chassis.records.lists.listing import Listing
from chassis.records.search.tables import search_grams, search_texts
from kernel.ids import new_id
from testkit.databases import ServiceDatabase

ROWS, OWNERS, GRANTED, WORDED = 200_000, 100, 20, 25_000  # of them with words: an eighth
CUSTOM = {"plan_text": "TEXT", "plan_number": "NUMBER"}  # as many rows have a value of each
BESIDE = (grants, search_texts, search_grams, custom_values, definitions)

# Those that stand for no constraint.
_INDEXES = text("""
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
    FROM pg_index i
    WHERE i.indrelid = CAST(:name AS regclass)
    AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
""")


@dataclass(frozen=True)
class Filled:
    """A tenant with a full table; `grantee` is somebody whom some rows are shared with."""

    tenant: UUID
    grantee: UUID


@asynccontextmanager
async def filled(
    urls: ServiceDatabase,
    listing: Listing[Any],
    *,
    rows: int = ROWS,
    values: Mapping[str, str] | None = None,
) -> AsyncIterator[Filled]:
    """Fill the list's table as its owner, analyze it, and empty it again.

    Every column gets values that fit its type; `values` names SQL for those that need others,
    where `n` counts the rows from 1: `{"status": "'OPEN'"}`.
    """
    there = Filled(tenant=new_id(), grantee=new_id())
    owner = Database(urls.owner_url, name="test-owner")
    table = listing.table
    async with owner.begin(there.tenant) as tx:
        await tx.execute(text("SET LOCAL statement_timeout = '120s'"))
        await tx.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        async with _without_indexes(tx, table):
            await tx.execute(text(_insert(listing, rows, values or {})))
        await tx.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))
        await _grant(tx, listing, there.grantee)
        await _give_words(tx, listing)
        if listing.has_custom:
            await _give_custom(tx, listing)
        names = ", ".join(one.name for one in (table, *BESIDE))
        await tx.execute(text(f"ANALYZE {names}"))
    try:
        yield there
    finally:
        names = ", ".join(one.name for one in (table, *BESIDE))
        async with owner.begin(None) as tx:  # not DELETE: its dead rows would stay for a while
            await tx.execute(text(f"TRUNCATE {names} CASCADE"))
        await owner.dispose()


@asynccontextmanager
async def _without_indexes(tx: AsyncConnection, table: Table) -> AsyncIterator[None]:
    """Build the indexes after the block: a third of the time of keeping them up in it."""
    found = await tx.execute(_INDEXES, {"name": table.name})
    indexes = [(row.name, row.definition) for row in found]
    for name, _ in indexes:
        await tx.execute(text(f"DROP INDEX {name}"))
    yield
    await tx.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    for _, definition in indexes:
        await tx.execute(text(definition.replace(":", "\\:")))


def _insert(listing: Listing[Any], rows: int, values: Mapping[str, str]) -> str:
    table = listing.table
    owner = listing.scoped.owner if listing.scoped else listing.personal or None
    columns = [c for c in table.c if c.computed is None and c.identity is None]
    made = {c.name: values.get(c.name) or _made(c, _is_unique(c), owner) for c in columns}
    names = ", ".join(f'"{name}"' for name in made)
    return (
        f"INSERT INTO {table.name} ({names}) "  # noqa: S608  # names of our own tables
        f"SELECT {', '.join(made.values())} FROM generate_series(1, {rows}) AS n"
    )


def _is_unique(column: Column[Any]) -> bool:
    table = column.table
    assert isinstance(table, Table)
    uniques = [index.columns for index in table.indexes if index.unique]
    return any(column.name in [c.name for c in columns] for columns in uniques)


def _made(column: Column[Any], unique: bool, owner: str | None) -> str:  # noqa: FBT001  # internal
    """SQL that gives the n-th row its value."""
    if column.name == "tenant_id":
        return "nullif(current_setting('app.tenant', true), '')::uuid"
    if column.name == "id":  # in the order of time, as UUIDv7 is
        return "('01990000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
    if column.name == owner:
        return f"'owner-' || n % {OWNERS}"
    if column.name == "deleted_at":
        return "CASE WHEN n % 500 = 0 THEN now() END"
    made = _by_type(column, "n" if unique else "n % 5000")
    # Some without, among the rows of every owner.
    return f"CASE WHEN n % 11 <> 3 THEN {made} END" if column.nullable and not unique else made


def _by_type(column: Column[Any], number: str) -> str:
    kind = column.type
    if isinstance(kind, Enum):
        members = ", ".join(f"'{member}'" for member in kind.enums)
        return f"(ARRAY[{members}])[1 + n % {len(kind.enums)}]"
    for family, made in _MADE:
        if isinstance(kind, family):
            return made.format(number=number)
    if column.name.endswith("currency"):
        return "'CNY'"
    return f"'{column.name} ' || md5(({number})::text)"


_MADE: tuple[tuple[Any, str], ...] = (
    (Uuid, "md5(({number})::text)::uuid"),
    (Boolean, "(n % 2 = 0)"),
    (Date, "date '2024-01-01' + (n / 200)"),  # as time goes by, like ids
    (DateTime, "timestamptz '2024-01-01 00:00+00' + n * interval '5 minutes'"),
    (JSONB, "'{{}}'::jsonb"),
    (ARRAY, "'{{}}'"),
    (Numeric, "(n * 7919) % 1000000"),
    (BigInteger, "1 + {number}"),
    (Integer, "1 + n % 50"),
)


async def _grant(tx: AsyncConnection, listing: Listing[Any], grantee: UUID) -> None:
    """Share rows here and there; and many others with somebody else."""
    for who, every in ((grantee, ROWS // GRANTED), (new_id(), 20)):
        await tx.execute(
            text(
                "INSERT INTO record_grants (tenant_id, id, resource, record_id,"  # noqa: S608  # our names
                " grantee_kind,"
                " grantee_id, via, access, created_by, created_at)"
                " SELECT tenant_id, gen_random_uuid(), :resource, id, 'PERSON', :who, 'SHARE',"
                " 'READ', 'owner-1', now()"
                f" FROM {listing.table.name}"
                " WHERE ('x' || right(id::text, 8))::bit(32)::int % :every = 7"
            ),
            {"resource": listing.resource, "who": who, "every": every},
        )


async def _give_words(tx: AsyncConnection, listing: Listing[Any]) -> None:
    """Words for a part of the rows: their first searched column's last letters, as grams."""
    words = listing.table.info.get("words")
    if words is None:
        return
    await tx.execute(
        text(
            "INSERT INTO search_texts (tenant_id, resource, id, text)"  # noqa: S608  # names of our own
            f" SELECT tenant_id, :resource, id, right(lower({words.columns[0]}), 6)"
            f" FROM {listing.table.name} WHERE {words.columns[0]} IS NOT NULL"
            f" AND get_byte(uuid_send(id), 15) % {ROWS // WORDED} = 1"
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


async def _give_custom(tx: AsyncConnection, listing: Listing[Any]) -> None:
    """Two fields of the tenant's own, with values here and there: v0 to v199, 0 to 999."""
    number = "('x' || right(id::text, 8))::bit(32)::int"
    made = {
        "TEXT": f"'v' || {number} / {ROWS // WORDED} % 200, NULL",
        "NUMBER": f"NULL, {number}::bigint * 7919 % 1000",
    }
    for key, kind in CUSTOM.items():
        values = {"resource": listing.resource, "key": key, "kind": kind}
        await tx.execute(_DEFINITION, values)
        await tx.execute(
            text(
                "INSERT INTO custom_values"  # noqa: S608  # names of our own
                " (tenant_id, resource, record_id, key, place, text_value, number_value)"
                f" SELECT tenant_id, :resource, id, :key, 1, {made[kind]}"
                f" FROM {listing.table.name} WHERE {number} % {ROWS // WORDED} = 3"
            ),
            {"resource": listing.resource, "key": key},
        )


_DEFINITION = text(
    "INSERT INTO custom_field_definitions (id, resource, key, type, label_zh, label_en, required,"
    " filterable, active, position, choices, created_at, updated_at, version)"
    " VALUES (gen_random_uuid(), :resource, :key, :kind, :key, :key, false, true, true, 0, '[]',"
    " now(), now(), 1)"
)
