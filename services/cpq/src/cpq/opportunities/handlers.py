from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import Received, ReplicaResult
from cpq.opportunities import store
from cpq.opportunities.store import OpportunityFact


async def on_opportunities(
    tx: AsyncConnection, received: Sequence[Received[OpportunityFact]]
) -> ReplicaResult:
    return await store.keep(tx, received)
