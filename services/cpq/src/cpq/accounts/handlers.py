"""Receives L2O's account events."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import ReceivedEvent, ReplicaResult
from cpq.accounts import store
from cpq.accounts.store import AccountEvent


async def on_account_events(
    tx: AsyncConnection, received: Sequence[ReceivedEvent[AccountEvent]]
) -> ReplicaResult:
    """Update the read copy of accounts."""
    return await store.replicate_accounts(tx, received)
