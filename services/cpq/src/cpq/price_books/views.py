"""Reads of price books that other features or their tables take part in."""

from collections.abc import Collection
from datetime import date
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


async def present_name(tx: AsyncConnection, *, currency: str, day: date) -> str | None:
    """Return the name of the book that quotes in this currency take prices from on this day."""
    columns = price_books.c
    valid = (columns.valid_from <= day) & (columns.valid_to.is_(None) | (columns.valid_to > day))
    query = select(columns.name).where(valid & columns.deleted_at.is_(None))
    query = query.where(columns.currency == currency).limit(1)
    latest = query.order_by(columns.valid_from.desc(), columns.id.desc())
    name: str | None = (await tx.execute(latest)).scalar_one_or_none()
    return name
