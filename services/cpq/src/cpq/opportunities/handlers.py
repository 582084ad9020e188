"""Receives L2O's opportunity events."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import ReceivedEvent, ReplicaResult
from cpq.opportunities import store
from cpq.opportunities.store import OpportunityEvent


async def on_opportunity_events(
    tx: AsyncConnection, received: Sequence[ReceivedEvent[OpportunityEvent]]
) -> ReplicaResult:
    """Update the read copy of opportunities."""
    return await store.replicate_opportunities(tx, received)
