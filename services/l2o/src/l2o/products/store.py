"""The replica of the products of CPQ, and all SQL on it."""

from uuid import UUID

from sqlalchemy import Boolean, Column, Index, Table, Text, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns
from chassis.events.replicas import Copy
from contracts.cpq.events import ProductState
from l2o.database import metadata
from l2o.products.domain import ProductCatalog

products = Table(
    "products",
    metadata,
    *replica_columns(),
    Column("sku", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    # Imports look products up by name or SKU.
    Index(None, "tenant_id", "sku"),
    Index(None, "tenant_id", "name"),
)

PRODUCT_COPY = Copy(ProductState, products)


async def exists(tx: AsyncConnection, product_id: UUID) -> bool:
    """Whether the product exists and is not deleted; inactive products are accepted."""
    query = select(products.c.id).where(products.c.id == product_id, products.c.deleted.is_(False))
    return (await tx.execute(query)).one_or_none() is not None


async def load_catalog(tx: AsyncConnection) -> ProductCatalog:
    """Load the names and SKUs of all products, because files may spell a name differently."""
    by_name: dict[str, list[UUID]] = {}
    by_sku: dict[str, list[UUID]] = {}
    for product in await tx.execute(select(products).where(~products.c.deleted)):
        by_name.setdefault(product.name, []).append(product.id)
        by_sku.setdefault(product.sku, []).append(product.id)
    return ProductCatalog(by_name, by_sku)
