"""The products table and its SQL."""

from typing import Any

from sqlalchemy import Index, Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, any_case
from chassis.records.record_types import RecordType
from contracts.cpq.events import ProductChanged, ProductCreated, ProductDeleted, ProductRestored
from cpq.database import metadata
from cpq.products.domain import Product
from cpq.products.schemas import ProductOut
from kernel.errors import Conflict

products = Table(
    "products",
    metadata,
    *record_columns(Product),
    Index(None, "tenant_id", "sku", unique=True),
    Index(None, "tenant_id", "active", "id"),
)


async def _duplicate(tx: AsyncConnection, product: Product) -> Conflict:
    query = select(products.c.id, products.c.deleted_at).where(products.c.sku == product.sku)
    other = (await tx.execute(query)).one()
    code = "PRODUCT_DUPLICATE" if other.deleted_at is None else "PRODUCT_DELETED"
    return Conflict(code, sku=product.sku, product_id=str(other.id))


PRODUCT = RecordType(
    scoped=UnownedResource("cpq.product", products),
    entity=Product,
    created=ProductCreated,
    changed=ProductChanged,
    deleted=ProductDeleted,
    restored=ProductRestored,
    unique=("sku",),
    duplicate=_duplicate,
)

LISTING = Listing(
    PRODUCT.scoped,
    ProductOut,
    entity=Product,
    filters=[
        "active",
        CodeFilter("sku", any_case),
        "name",
        "series",
        CodeFilter("unit", any_case),
        "created_at",
        "updated_at",
    ],
    sorts=["sku", "name", "created_at", "updated_at"],
    words=["name", "sku"],
    custom=custom_conditions,
)


async def get_locked_by_sku(tx: AsyncConnection, sku: str) -> Product | None:
    """Return the product with this SKU, deleted or not, locked until the commit."""
    query: Select[Any] = select(products).where(products.c.sku == sku)
    row = (await tx.execute(query.with_for_update())).one_or_none()
    return None if row is None else from_columns(Product, row._mapping)
