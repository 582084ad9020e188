"""Events of CPQ: products are replicated."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import ReceivedEvent, ReplicaResult
from l2o.products import store
from l2o.products.store import ProductEvent


async def on_products(
    tx: AsyncConnection, received: Sequence[ReceivedEvent[ProductEvent]]
) -> ReplicaResult:
    """Store the latest state of each product."""
    return await store.replicate_products(tx, received)
