"""The price book tables and their SQL."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    Select,
    Table,
    Text,
    Uuid,
    delete,
    insert,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import money_columns, tenant_column, uncounted
from chassis.database.rows import fetch_parts, fetch_rows, from_columns, to_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, upper_case
from chassis.records.record_types import RecordType
from chassis.records.writes import insert_row, update_row
from chassis.web.pages import DESC, Page, PageParams, fetch_page
from contracts.cpq.events import (
    PriceBookChanged,
    PriceBookCreated,
    PriceBookDeleted,
    PriceBookRestored,
)
from cpq.database import metadata
from cpq.price_books.domain import PriceBook, PriceBookVersion, PriceEntry, PriceTier
from cpq.price_books.schemas import (
    PriceBookSummary,
    PriceBookVersionOut,
    PriceBookVersionSummary,
)
from kernel.errors import NotFound
from kernel.ids import new_id
from kernel.names import comparable_name

RowsByKey = Mapping[tuple[Hashable, ...], Mapping[str, Any]]

price_books = Table(
    "price_books",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    sort_column("valid_to", Date()),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "currency", "valid_from", "id"),
)

price_entries = Table(
    "price_entries",
    metadata,
    tenant_column(),
    Column("price_book_id", Uuid, primary_key=True),
    Column("product_id", Uuid, primary_key=True),
    Column("position", Integer, nullable=False),
    *money_columns("list_price"),
    ForeignKeyConstraint(
        ["tenant_id", "price_book_id"],
        ["price_books.tenant_id", "price_books.id"],
        ondelete="CASCADE",
    ),
)

price_tiers = Table(
    "price_tiers",
    metadata,
    tenant_column(),
    Column("price_book_id", Uuid, primary_key=True),
    Column("product_id", Uuid, primary_key=True),
    Column("from_quantity", Numeric(22, 6), primary_key=True),
    *money_columns("unit_price"),
    ForeignKeyConstraint(
        ["tenant_id", "price_book_id", "product_id"],
        ["price_entries.tenant_id", "price_entries.price_book_id", "price_entries.product_id"],
        ondelete="CASCADE",
    ),
)

# One row per change, with the content before it; price_books has the present content.
price_book_versions = Table(
    "price_book_versions",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("price_book_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False, info=uncounted("a version of a counted book")),
    Column("content", JSONB, nullable=False),
    Column("replaced_at", DateTime(timezone=True), nullable=False),
    Column("replaced_by", Text, nullable=False),
    Index(None, "tenant_id", "price_book_id", "version", unique=True),
)


async def add(tx: AsyncConnection, book: PriceBook) -> None:
    """Insert a book with its entries and tiers."""
    await insert_row(tx, price_books, book)
    await _replace_rows(tx, price_entries, {}, _entry_rows(book))
    await _replace_rows(tx, price_tiers, {}, _tier_rows(book))


async def update(tx: AsyncConnection, before: PriceBook, after: PriceBook) -> PriceBook:
    """Update a book and those of its prices that differ from `before`.

    Unchanged prices are not written, so that the audit shows only real changes.
    Raises Conflict (STALE_WRITE).
    """
    saved = await update_row(tx, price_books, after, before=before)
    for table, rows in ((price_entries, _entry_rows), (price_tiers, _tier_rows)):
        await _replace_rows(tx, table, rows(before), rows(after))
    return saved


def _entry_rows(book: PriceBook) -> RowsByKey:
    return {
        (book.id, entry.product_id): {
            "price_book_id": book.id,
            "position": index,
            **to_columns(price_entries, entry),
        }
        for index, entry in enumerate(book.entries)
    }


def _tier_rows(book: PriceBook) -> RowsByKey:
    return {
        (book.id, entry.product_id, tier.from_quantity): {
            "price_book_id": book.id,
            "product_id": entry.product_id,
            **to_columns(price_tiers, tier),
        }
        for entry in book.entries
        for tier in entry.tiers
    }


async def _replace_rows(
    tx: AsyncConnection, table: Table, before: RowsByKey, after: RowsByKey
) -> None:
    """Replace the rows `before` by the rows `after`; their keys omit the tenant id."""
    keys = [column for column in table.primary_key if column is not table.c.tenant_id]
    removed = [key for key in before if key not in after]
    if removed:
        await tx.execute(delete(table).where(tuple_(*keys).in_(removed)))
    changed = [row for key, row in after.items() if before.get(key) != row]
    if changed:
        statement = postgresql_insert(table)
        values = {name: statement.excluded[name] for name in changed[0]}
        upsert = statement.on_conflict_do_update(index_elements=[*table.primary_key], set_=values)
        await tx.execute(upsert, changed)


async def add_version(tx: AsyncConnection, version: PriceBookVersion) -> None:
    """Append a version to the history of its book."""
    await tx.execute(
        insert(price_book_versions).values(id=new_id(), **to_columns(price_book_versions, version))
    )


async def fetch(
    tx: AsyncConnection, book_id: UUID, *, lock: bool = False, with_deleted: bool = False
) -> PriceBook:
    """Return a book with its prices, and `lock` it against other writers. Raises NotFound."""
    # Three statements read the book; without `lock`, a shared lock keeps them on one version.
    header = await _header(tx, book_id, shared=not lock, with_deleted=with_deleted)
    return replace(header, entries=(await _entries(tx, [book_id])).get(book_id, ()))


async def _fetch_all(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[PriceBook]:
    entries = await _entries(tx, ids)
    return [
        from_columns(PriceBook, row, entries=entries.get(row["id"], ()))
        for row in await fetch_rows(tx, price_books.c.id, ids)
    ]


PRICE_BOOK = RecordType(
    scoped=UnownedResource("cpq.price_book", price_books),
    entity=PriceBook,
    created=PriceBookCreated,
    changed=PriceBookChanged,
    deleted=PriceBookDeleted,
    restored=PriceBookRestored,
    fetch=fetch,
    fetch_all=_fetch_all,
    insert=add,
    update=update,
)
_FILTERS = ("name", "valid_from", "valid_to", "created_at", "updated_at")
LISTING = Listing(
    PRICE_BOOK.scoped,
    PriceBookSummary,
    filters=[*_FILTERS, CodeFilter("currency", upper_case)],
    sorts=["name", "valid_from", "valid_to", "created_at", "updated_at", "currency,valid_from"],
    words=["name"],
    custom=custom_conditions,
)


async def find_id(tx: AsyncConnection, *, name: str, currency: str) -> UUID | None:
    """Return the id of the book with this name, in any spelling, and currency.

    If several match, it is the latest to start.
    """
    columns = price_books.c
    matches = (columns.currency == currency) & columns.deleted_at.is_(None)
    query = select(columns.id, columns.name).where(matches)
    latest_first = query.order_by(columns.valid_from.desc(), columns.id.desc())
    books, requested = await tx.execute(latest_first), comparable_name(name)
    return next((row.id for row in books if comparable_name(row.name) == requested), None)


async def _header(
    tx: AsyncConnection, book_id: UUID, *, shared: bool = False, with_deleted: bool = False
) -> PriceBook:
    """Return a book without its prices, locked until the commit."""
    query: Select[Any] = select(price_books).where(price_books.c.id == book_id)
    if not with_deleted:
        query = query.where(price_books.c.deleted_at.is_(None))
    row = (await tx.execute(query.with_for_update(read=shared))).one_or_none()
    if row is None:
        raise NotFound("price_book", book_id)
    return from_columns(PriceBook, row._mapping, entries=())


async def _entries(
    tx: AsyncConnection, book_ids: Sequence[UUID]
) -> dict[UUID, tuple[PriceEntry, ...]]:
    """Return the entries of books with their tiers, in ascending order of quantity."""
    prices, thresholds = price_entries.c, price_tiers.c
    tiers: defaultdict[tuple[UUID, UUID], list[PriceTier]] = defaultdict(list)
    for row in await fetch_rows(tx, thresholds.price_book_id, book_ids, thresholds.from_quantity):
        key = (row["price_book_id"], row["product_id"])
        tiers[key].append(from_columns(PriceTier, row))
    rows = await fetch_parts(tx, prices.price_book_id, book_ids, prices.position)
    return {
        book_id: tuple(
            from_columns(PriceEntry, row, tiers=tuple(tiers[book_id, row["product_id"]]))
            for row in parts
        )
        for book_id, parts in rows.items()
    }


async def read_versions(
    tx: AsyncConnection, book_id: UUID, page: PageParams
) -> Page[PriceBookVersionSummary]:
    """List the earlier versions of a book, the latest first."""
    columns = price_book_versions.c
    shown = (columns.id, columns.version, columns.replaced_at, columns.replaced_by)
    query: Select[Any] = select(*shown).where(columns.price_book_id == book_id)
    return await fetch_page(
        tx,
        query,
        page,
        sort=[(columns.version, DESC)],
        shape=lambda row: PriceBookVersionSummary.model_validate(row),
    )


async def read_version(tx: AsyncConnection, book_id: UUID, version: int) -> PriceBookVersionOut:
    """Return an earlier version of a book.

    Raises NotFound for a missing version, and for the present one, which is the book itself.
    """
    columns = price_book_versions.c
    matches = (columns.price_book_id == book_id) & (columns.version == version)
    query: Select[Any] = select(price_book_versions).where(matches)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise NotFound("price_book_version", f"{book_id}/{version}")
    return PriceBookVersionOut.model_validate({**row.content, **row._mapping})
