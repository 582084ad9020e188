from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.consumer.subscriptions import Received, ReplicaResult
from contracts.l2o.events import AccountCreated
from cpq.accounts import store


async def on_accounts(
    tx: AsyncConnection, received: Sequence[Received[AccountCreated]]
) -> ReplicaResult:
    return await store.keep(tx, received)
