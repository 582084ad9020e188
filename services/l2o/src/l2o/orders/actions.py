"""Takes the orders that changed, for those who sum them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.orders import store


async def take_changed(tx: AsyncConnection) -> set[UUID]:
    """Mark all orders as counted; return the accounts of those that were not."""
    return await store.take_uncounted(tx)
