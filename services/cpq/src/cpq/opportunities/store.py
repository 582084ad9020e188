"""The read copy of L2O's opportunities."""

from collections.abc import Sequence

from sqlalchemy import Column, Table, Text, Uuid
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns
from chassis.events.replicas import replicate
from chassis.events.subscriptions import ReceivedEvent, ReplicaResult
from chassis.records.access.visibility import ScopedResource
from contracts.l2o.events import (
    OpportunityAssigned,
    OpportunityChanged,
    OpportunityDeleted,
    OpportunityLost,
    OpportunityOpened,
    OpportunityRestored,
    OpportunityStageMoved,
    OpportunityWon,
)
from cpq.database import metadata

OpportunityEvent = (
    OpportunityOpened
    | OpportunityStageMoved
    | OpportunityChanged
    | OpportunityAssigned
    | OpportunityWon
    | OpportunityLost
    | OpportunityDeleted
    | OpportunityRestored
)

opportunities = Table(
    "opportunities",
    metadata,
    *replica_columns(),
    Column("account_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("owner_id", Text),
)

# Visibility goes by the owner alone: only L2O knows the teams and shares of an opportunity.
OPPORTUNITIES = ScopedResource("l2o.opportunity", opportunities)


async def replicate_opportunities(
    tx: AsyncConnection, received: Sequence[ReceivedEvent[OpportunityEvent]]
) -> ReplicaResult:
    """Store the newest state of each opportunity; older and repeated events change nothing."""
    return await replicate(tx, opportunities, received, _columns)


def _columns(event: OpportunityEvent) -> dict[str, object]:
    state = event.opportunity
    return {
        "account_id": state.account_id,
        "name": state.name,
        "stage": state.stage,
        "owner_id": state.owner_id,
        "deleted": isinstance(event, OpportunityDeleted),
    }
