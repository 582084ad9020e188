"""The tables of price books and their SQL."""

from collections.abc import Collection, Hashable, Mapping
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
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import money_columns, tenant_column
from chassis.database.rows import from_columns, to_columns
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.listing import Listing
from chassis.records.writes import insert_row, update_row
from chassis.web.pages import DESC, Page, PageParams, fetch_page
from cpq.database import metadata
from cpq.price_books.domain import PriceBook, PriceBookVersion, PriceEntry, PriceTier
from cpq.price_books.schemas import (
    PriceBookOut,
    PriceBookSummary,
    PriceBookVersionOut,
    PriceBookVersionSummary,
)
from cpq.products.store import products
from kernel.errors import NotFound
from kernel.ids import new_id

Rows = Mapping[tuple[Hashable, ...], Mapping[str, Any]]

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


# What a book was before each change; the last state is the book itself.
price_book_versions = Table(
    "price_book_versions",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("price_book_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("replaced_at", DateTime(timezone=True), nullable=False),
    Column("replaced_by", Text, nullable=False),
    Index(None, "tenant_id", "price_book_id", "version", unique=True),
)


LISTING = Listing(
    price_books,
    PriceBookSummary,
    resource="cpq.price_book",
    filters=["name", "currency", "valid_from", "valid_to", "created_at", "updated_at"],
    sorts=["name", "valid_from", "valid_to", "created_at", "updated_at", "currency,valid_from"],
    words=["name"],
    custom=custom_conditions,
)


async def unknown_products(tx: AsyncConnection, product_ids: Collection[UUID]) -> set[UUID]:
    """Which of these products do not exist, or not any more."""
    present = products.c.id.in_(product_ids) & products.c.deleted_at.is_(None)
    found = await tx.execute(select(products.c.id).where(present))
    return set(product_ids) - set(found.scalars())


async def add(tx: AsyncConnection, book: PriceBook) -> None:
    await insert_row(tx, price_books, book)
    await _add_prices(tx, book)


async def save(tx: AsyncConnection, book: PriceBook, *, was: PriceBook) -> PriceBook:
    """Write the book, and of its prices those that differ: each is told in its audit.

    Raises Conflict (STALE_WRITE).
    """
    saved = await update_row(tx, price_books, book)
    for table, rows in ((price_entries, _rows_of_entries), (price_tiers, _rows_of_tiers)):
        await _write(tx, table, rows(was), rows(book))
    return saved


async def _add_prices(tx: AsyncConnection, book: PriceBook) -> None:
    await _write(tx, price_entries, {}, _rows_of_entries(book))
    await _write(tx, price_tiers, {}, _rows_of_tiers(book))


def _rows_of_entries(book: PriceBook) -> Rows:
    return {
        (book.id, entry.product_id): {
            "price_book_id": book.id,
            "position": at,
            **to_columns(price_entries, entry),
        }
        for at, entry in enumerate(book.entries)
    }


def _rows_of_tiers(book: PriceBook) -> Rows:
    return {
        (book.id, entry.product_id, tier.from_quantity): {
            "price_book_id": book.id,
            "product_id": entry.product_id,
            **to_columns(price_tiers, tier),
        }
        for entry in book.entries
        for tier in entry.tiers
    }


async def _write(tx: AsyncConnection, table: Table, before: Rows, after: Rows) -> None:
    """Make the rows of `before` those of `after`, by their keys beside the tenant."""
    keys = [column for column in table.primary_key if column is not table.c.tenant_id]
    gone = [key for key in before if key not in after]
    if gone:
        await tx.execute(delete(table).where(tuple_(*keys).in_(gone)))
    written = [row for key, row in after.items() if before.get(key) != row]
    if written:
        new = insert_or(table)
        values = {name: new.excluded[name] for name in written[0]}
        upsert = new.on_conflict_do_update(index_elements=[*table.primary_key], set_=values)
        await tx.execute(upsert, written)


async def keep_version(tx: AsyncConnection, version: PriceBookVersion) -> None:
    await tx.execute(
        insert(price_book_versions).values(id=new_id(), **to_columns(price_book_versions, version))
    )


async def get_locked(
    tx: AsyncConnection, book_id: UUID, *, with_deleted: bool = False
) -> PriceBook:
    """The book, which nobody else changes until the commit. Raises NotFound."""
    head = await _head(tx, book_id, with_deleted=with_deleted)
    return replace(head, entries=await _entries(tx, book_id))


async def find(tx: AsyncConnection, *, name: str, currency: str) -> UUID | None:
    """The book of this name and currency; of several the one that became valid last."""
    columns = price_books.c
    named = (columns.name == name) & (columns.currency == currency) & columns.deleted_at.is_(None)
    query = select(columns.id).where(named).order_by(columns.valid_from.desc(), columns.id.desc())
    found: UUID | None = (await tx.execute(query.limit(1))).scalar_one_or_none()
    return found


async def get(tx: AsyncConnection, book_id: UUID) -> PriceBook:
    """Raises NotFound."""
    # Shared, so that head and prices are of one version: they are read by three statements.
    head = await _head(tx, book_id, shared=True)
    return replace(head, entries=await _entries(tx, book_id))


async def read(tx: AsyncConnection, book_id: UUID) -> PriceBookOut:
    """Raises NotFound."""
    return PriceBookOut.model_validate(await get(tx, book_id))


async def ensure_exists(tx: AsyncConnection, book_id: UUID) -> None:
    """Raises NotFound."""
    await _head(tx, book_id, shared=True)


async def _head(
    tx: AsyncConnection, book_id: UUID, *, shared: bool = False, with_deleted: bool = False
) -> PriceBook:
    """A book without its prices, which does not change until the commit."""
    query: Select[Any] = select(price_books).where(price_books.c.id == book_id)
    if not with_deleted:
        query = query.where(price_books.c.deleted_at.is_(None))
    row = (await tx.execute(query.with_for_update(read=shared))).one_or_none()
    if row is None:
        raise NotFound("price_book", book_id)
    return from_columns(PriceBook, row._mapping, entries=())


async def _entries(tx: AsyncConnection, book_id: UUID) -> tuple[PriceEntry, ...]:
    prices: Select[Any] = select(price_entries).where(price_entries.c.price_book_id == book_id)
    tiers = await _tiers(tx, book_id)
    return tuple(
        from_columns(PriceEntry, row._mapping, tiers=tiers.get(row.product_id, ()))
        for row in await tx.execute(prices.order_by(price_entries.c.position))
    )


async def _tiers(tx: AsyncConnection, book_id: UUID) -> dict[UUID, tuple[PriceTier, ...]]:
    """The tiers of a book by product, from the smallest quantity up."""
    query: Select[Any] = select(price_tiers).where(price_tiers.c.price_book_id == book_id)
    found: dict[UUID, tuple[PriceTier, ...]] = {}
    for row in await tx.execute(query.order_by(price_tiers.c.from_quantity)):
        tier = from_columns(PriceTier, row._mapping)
        found[row.product_id] = (*found.get(row.product_id, ()), tier)
    return found


async def read_versions(
    tx: AsyncConnection, book_id: UUID, page: PageParams
) -> Page[PriceBookVersionSummary]:
    """What it was before, the last first."""
    columns = price_book_versions.c
    heads = (columns.id, columns.version, columns.replaced_at, columns.replaced_by)
    query: Select[Any] = select(*heads).where(columns.price_book_id == book_id)
    return await fetch_page(
        tx,
        query,
        page,
        sort=[(columns.version, DESC)],
        shape=lambda row: PriceBookVersionSummary.model_validate(row),
    )


async def read_version(tx: AsyncConnection, book_id: UUID, version: int) -> PriceBookVersionOut:
    """Raises NotFound for one that never was, and for the present one, which is the book itself."""
    columns = price_book_versions.c
    mine = (columns.price_book_id == book_id) & (columns.version == version)
    query: Select[Any] = select(price_book_versions).where(mine)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise NotFound("price_book_version", f"{book_id}/{version}")
    return PriceBookVersionOut.model_validate({**row.content, **row._mapping})
