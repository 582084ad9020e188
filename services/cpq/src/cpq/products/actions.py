from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.outbox import publish
from cpq.products import store
from cpq.products.domain import Product
from kernel.errors import Conflict
from kernel.ids import new_id


async def create_product(
    tx: AsyncConnection, *, sku: str, name: str, unit: str, active: bool, now: datetime
) -> Product:
    """Store a new product and publish it. Raises Conflict (PRODUCT_DUPLICATE) naming the other."""
    product = Product(
        id=new_id(),
        sku=sku,
        name=name,
        unit=unit,
        active=active,
        created_at=now,
        updated_at=now,
    )
    if not await store.add(tx, product):
        other = await store.id_of_sku(tx, sku)
        raise Conflict("PRODUCT_DUPLICATE", sku=sku, product_id=str(other))
    await publish(tx, product.created(), of=product)
    return product
