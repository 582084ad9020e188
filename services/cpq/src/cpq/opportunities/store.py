"""The read copy of L2O's opportunities."""

from sqlalchemy import Column, Table, Text, Uuid

from chassis.database.columns import replica_columns
from chassis.events.replicas import Copy
from chassis.records.access.visibility import ScopedResource
from contracts.l2o.events import OpportunityState
from cpq.database import metadata

opportunities = Table(
    "opportunities",
    metadata,
    *replica_columns(),
    Column("account_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("owner_id", Text),
)

OPPORTUNITIES = ScopedResource(
    "l2o.opportunity", opportunities, seen_with=(("l2o.account", "account_id"),)
)

OPPORTUNITY_COPY = Copy(OpportunityState, opportunities)
