"""The table of products and its SQL."""

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
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import tenant_column
from chassis.pages import Page, PageParams, fetch_page
from chassis.rows import fetch_row, to_columns, update_row
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
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "sku", unique=True),
    Index(None, "tenant_id", "active", "id"),
)


async def add(tx: AsyncConnection, product: Product) -> bool:
    """Insert unless the SKU is taken; whether it was free. Waits for a rival still writing it."""
    free = insert(products).values(to_columns(products, product))
    free = free.on_conflict_do_nothing(index_elements=["tenant_id", "sku"])
    return (await tx.execute(free.returning(products.c.id))).one_or_none() is not None


async def get_locked(
    tx: AsyncConnection, product_id: UUID, *, with_deleted: bool = False
) -> Product:
    """The product, which nobody else changes until the commit. Raises NotFound."""
    return await fetch_row(tx, products, product_id, Product, lock=True, with_deleted=with_deleted)


async def save(tx: AsyncConnection, product: Product) -> Product:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, products, product)


async def claim_sku(tx: AsyncConnection, product: Product) -> bool:
    """Give the product its new SKU unless that is taken; whether it was free."""
    mine = update(products).where(products.c.id == product.id).values(sku=product.sku)
    try:
        async with tx.begin_nested():
            await tx.execute(mine)
    except IntegrityError:
        return False
    return True


async def id_of_sku(tx: AsyncConnection, sku: str) -> UUID:
    found: UUID = (
        await tx.execute(select(products.c.id).where(products.c.sku == sku))
    ).scalar_one()
    return found


async def read(tx: AsyncConnection, product_id: UUID) -> ProductOut:
    """Raises NotFound."""
    return ProductOut.model_validate(await fetch_row(tx, products, product_id, Product))


async def read_page(
    tx: AsyncConnection, page: PageParams, *, active: bool | None
) -> Page[ProductOut]:
    """Newest first."""
    query: Select[Any] = select(products).where(products.c.deleted_at.is_(None))
    if active is not None:
        query = query.where(products.c.active == active)
    return await fetch_page(tx, query, page, shape=lambda row: ProductOut(**row))
