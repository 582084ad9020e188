"""Products that CPQ tells of."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import Received, ReplicaResult
from l2o.products import store
from l2o.products.store import ProductFact


async def on_products(
    tx: AsyncConnection, received: Sequence[Received[ProductFact]]
) -> ReplicaResult:
    return await store.keep(tx, received)
