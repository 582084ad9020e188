"""The read copy of CPQ's products."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Boolean, Column, Index, Table, Text, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns
from chassis.events.replicas import replicate
from chassis.events.subscriptions import Received, ReplicaResult
from contracts.cpq.events import (
    ProductChanged,
    ProductCreated,
    ProductDeactivated,
    ProductDeleted,
    ProductReactivated,
    ProductRestored,
)
from l2o.database import metadata

ProductFact = (
    ProductCreated
    | ProductChanged
    | ProductDeactivated
    | ProductReactivated
    | ProductDeleted
    | ProductRestored
)

products = Table(
    "products",
    metadata,
    *replica_columns(),
    Column("sku", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    # For imports, which know products by name or SKU.
    Index(None, "tenant_id", "sku"),
    Index(None, "tenant_id", "name"),
)


async def keep(tx: AsyncConnection, received: Sequence[Received[ProductFact]]) -> ReplicaResult:
    """Keep the newest state of each."""
    return await replicate(tx, products, received, _columns)


def _columns(fact: ProductFact) -> Mapping[str, object]:
    told = fact.product
    gone = isinstance(fact, ProductDeleted)
    return {"sku": told.sku, "name": told.name, "active": told.active, "deleted": gone}


async def exists(tx: AsyncConnection, product_id: UUID) -> bool:
    """Whether CPQ has told of it, and not that it is gone; an inactive one may still be sought."""
    there = (products.c.id == product_id) & products.c.deleted.is_(False)
    return (await tx.execute(select(products.c.id).where(there))).one_or_none() is not None
