"""The tables of price books and their SQL."""

from collections.abc import Collection
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
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import tenant_column
from chassis.pages import Page, PageParams, fetch_page
from chassis.rows import from_columns, insert_row, money_columns, to_columns
from cpq.database import metadata
from cpq.price_books.domain import PriceBook, PriceEntry, PriceTier
from cpq.price_books.schemas import PriceBookOut, PriceBookSummary
from cpq.products.store import products
from kernel.errors import NotFound

price_books = Table(
    "price_books",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
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


async def unknown_products(tx: AsyncConnection, product_ids: Collection[UUID]) -> set[UUID]:
    """Which of these products do not exist."""
    found = await tx.execute(select(products.c.id).where(products.c.id.in_(product_ids)))
    return set(product_ids) - set(found.scalars())


async def add(tx: AsyncConnection, book: PriceBook) -> None:
    await insert_row(tx, price_books, book)
    await tx.execute(
        insert(price_entries),
        [
            {"price_book_id": book.id, "position": at, **to_columns(price_entries, entry)}
            for at, entry in enumerate(book.entries)
        ],
    )
    tiers = [
        {"price_book_id": book.id, "product_id": e.product_id, **to_columns(price_tiers, tier)}
        for e in book.entries
        for tier in e.tiers
    ]
    if tiers:
        await tx.execute(insert(price_tiers), tiers)


async def read(tx: AsyncConnection, book_id: UUID) -> PriceBookOut:
    """Raises NotFound."""
    head: Select[Any] = select(price_books).where(price_books.c.id == book_id)
    book = (await tx.execute(head)).one_or_none()
    if book is None:
        raise NotFound("price_book", book_id)
    prices: Select[Any] = select(price_entries).where(price_entries.c.price_book_id == book_id)
    tiers = await _tiers(tx, book_id)
    entries = tuple(
        from_columns(PriceEntry, row._mapping, tiers=tiers.get(row.product_id, ()))
        for row in await tx.execute(prices.order_by(price_entries.c.position))
    )
    return PriceBookOut.model_validate(from_columns(PriceBook, book._mapping, entries=entries))


async def _tiers(tx: AsyncConnection, book_id: UUID) -> dict[UUID, tuple[PriceTier, ...]]:
    """The tiers of a book by product, from the smallest quantity up."""
    query: Select[Any] = select(price_tiers).where(price_tiers.c.price_book_id == book_id)
    found: dict[UUID, tuple[PriceTier, ...]] = {}
    for row in await tx.execute(query.order_by(price_tiers.c.from_quantity)):
        tier = from_columns(PriceTier, row._mapping)
        found[row.product_id] = (*found.get(row.product_id, ()), tier)
    return found


async def read_page(tx: AsyncConnection, page: PageParams) -> Page[PriceBookSummary]:
    """Newest first."""
    query: Select[Any] = select(price_books)
    return await fetch_page(tx, query, page, shape=lambda row: PriceBookSummary(**row))
