"""Handlers of L2O's account events."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import ReceivedEvent, ReplicaResult
from rms.accounts import store


async def on_accounts(
    tx: AsyncConnection, received: Sequence[ReceivedEvent[store.AccountFact]]
) -> ReplicaResult:
    """Store the newest state of every account in the batch; older states are skipped."""
    return await store.replicate_accounts(tx, received)
