"""L2O's accounts arrive here."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import Received, ReplicaResult
from rms.accounts import store


async def on_accounts(
    tx: AsyncConnection, received: Sequence[Received[store.AccountFact]]
) -> ReplicaResult:
    """Keep the newest state of every account."""
    return await store.copy(tx, received)
