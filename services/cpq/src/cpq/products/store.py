"""The products table and its SQL."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.rows import fetch_row, from_columns, to_columns
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.record_quota import count_records
from chassis.records.search.words import index_words
from chassis.records.writes import update_row
from cpq.database import metadata
from cpq.products.domain import Product
from cpq.products.schemas import ProductOut

products = Table(
    "products",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("series", Text),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "sku", unique=True),
    Index(None, "tenant_id", "active", "id"),
)

LISTING = Listing(
    products,
    ProductOut,
    resource="cpq.product",
    entity=Product,
    filters=["active", "sku", "name", "series", "unit", "created_at", "updated_at"],
    sorts=["sku", "name", "created_at", "updated_at"],
    words=["name", "sku"],
    custom=custom_conditions,
)


async def add(tx: AsyncConnection, product: Product) -> bool:
    """Insert a product; return False if another one has its SKU.

    Waits for another transaction that is inserting the same SKU.
    """
    await count_records(tx, products)
    values = to_columns(products, product)
    statement = insert(products).values(values)
    statement = statement.on_conflict_do_nothing(index_elements=["tenant_id", "sku"])
    if (await tx.execute(statement.returning(products.c.id))).one_or_none() is None:
        return False
    await index_words(tx, products, [values], new=True)
    return True


async def get_locked(
    tx: AsyncConnection, product_id: UUID, *, with_deleted: bool = False
) -> Product:
    """Return a product, locked against other writers until the commit. Raises NotFound."""
    return await fetch_row(tx, products, product_id, Product, lock=True, with_deleted=with_deleted)


async def save(tx: AsyncConnection, product: Product) -> Product:
    """Update the row and its version. Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, products, product)


async def change_sku(tx: AsyncConnection, product: Product) -> bool:
    """Write the new SKU of a product; return False if another one has it."""
    statement = update(products).where(products.c.id == product.id).values(sku=product.sku)
    try:
        async with tx.begin_nested():
            await tx.execute(statement)
    except IntegrityError:
        return False
    return True


async def id_by_sku(tx: AsyncConnection, sku: str) -> UUID:
    """Return the id of the product with this SKU, deleted or not; it must exist."""
    query = select(products.c.id).where(products.c.sku == sku)
    product_id: UUID = (await tx.execute(query)).scalar_one()
    return product_id


async def get_locked_by_sku(tx: AsyncConnection, sku: str) -> Product | None:
    """Return the product with this SKU, deleted or not, locked until the commit."""
    query: Select[Any] = select(products).where(products.c.sku == sku)
    row = (await tx.execute(query.with_for_update())).one_or_none()
    return None if row is None else from_columns(Product, row._mapping)


async def get(tx: AsyncConnection, product_id: UUID) -> Product:
    """Return a product. Raises NotFound."""
    return await fetch_row(tx, products, product_id, Product)


async def read(tx: AsyncConnection, product_id: UUID) -> ProductOut:
    """Return a product as the API shows it. Raises NotFound."""
    return ProductOut.model_validate(await get(tx, product_id))
