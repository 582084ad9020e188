"""Reads of price books that other features or their tables take part in."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cpq.price_books.store import price_books
from cpq.products.store import products


async def unknown_product_ids(tx: AsyncConnection, product_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the ids that belong to no product, or to a deleted one."""
    present = products.c.id.in_(product_ids) & products.c.deleted_at.is_(None)
    existing = await tx.execute(select(products.c.id).where(present))
    return set(product_ids) - set(existing.scalars())


async def names_of_books(tx: AsyncConnection, currency: str) -> Sequence[str]:
    """Return the names of the books of a currency, the latest to start first."""
    columns = price_books.c
    matches = (columns.currency == currency) & columns.deleted_at.is_(None)
    latest_first = select(columns.name).where(matches)
    latest_first = latest_first.order_by(columns.valid_from.desc(), columns.id.desc())
    return (await tx.execute(latest_first)).scalars().all()
