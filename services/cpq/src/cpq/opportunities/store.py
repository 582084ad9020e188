"""The read copy of L2O's opportunities."""

from collections.abc import Sequence

from sqlalchemy import Column, Table, Text, Uuid
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns
from chassis.events.replicas import replicate
from chassis.events.subscriptions import Received, ReplicaResult
from chassis.records.access.visibility import Scoped
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

OpportunityFact = (
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

# By the owner alone: teams and shares of opportunities are known to L2O only.
OPPORTUNITIES = Scoped("l2o.opportunity", opportunities)


def _columns(fact: OpportunityFact) -> dict[str, object]:
    told = fact.opportunity
    return {
        "account_id": told.account_id,
        "name": told.name,
        "stage": told.stage,
        "owner_id": told.owner_id,
        "deleted": isinstance(fact, OpportunityDeleted),
    }


async def keep(tx: AsyncConnection, received: Sequence[Received[OpportunityFact]]) -> ReplicaResult:
    """Keep the newest state of each."""
    return await replicate(tx, opportunities, received, _columns)
