from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import Received, ReplicaResult
from cpq.accounts import store
from cpq.accounts.store import AccountFact


async def on_accounts(
    tx: AsyncConnection, received: Sequence[Received[AccountFact]]
) -> ReplicaResult:
    return await store.keep(tx, received)
