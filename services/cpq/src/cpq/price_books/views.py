"""Reads of price books that need tables of other features."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cpq.products.store import products


async def unknown_product_ids(tx: AsyncConnection, product_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the ids that belong to no product, or to a deleted one."""
    present = products.c.id.in_(product_ids) & products.c.deleted_at.is_(None)
    existing = await tx.execute(select(products.c.id).where(present))
    return set(product_ids) - set(existing.scalars())
