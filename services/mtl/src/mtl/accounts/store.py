"""The replica of L2O's accounts, whose names MTL shows."""

from sqlalchemy import Column, Table, Text

from chassis.database.columns import replica_columns
from chassis.events.replicas import Copy
from contracts.l2o.events import AccountState
from mtl.database import metadata

accounts = Table(
    "accounts",
    metadata,
    *replica_columns(),
    Column("name", Text, nullable=False),
    Column("owner_id", Text),
)

ACCOUNT_COPY = Copy(AccountState, accounts)
