"""The replica of L2O's opportunities, whose names MTL shows."""

from sqlalchemy import Column, Table, Text

from chassis.database.columns import replica_columns
from chassis.events.replicas import Copy
from contracts.l2o.events import OpportunityState
from mtl.database import metadata

opportunities = Table(
    "opportunities",
    metadata,
    *replica_columns(),
    Column("name", Text, nullable=False),
    Column("owner_id", Text),
)

OPPORTUNITY_COPY = Copy(OpportunityState, opportunities)
