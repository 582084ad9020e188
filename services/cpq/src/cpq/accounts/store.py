"""The read copy of L2O's accounts."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Column, Table, Text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns
from chassis.events.replicas import replicate
from chassis.events.subscriptions import Received, ReplicaResult
from contracts.l2o.events import (
    AccountAssigned,
    AccountChanged,
    AccountCreated,
    AccountDeleted,
    AccountRestored,
)
from cpq.database import metadata

AccountFact = AccountCreated | AccountChanged | AccountAssigned | AccountDeleted | AccountRestored

accounts = Table(
    "accounts",
    metadata,
    *replica_columns(),
    Column("name", Text, nullable=False),
    Column("owner_id", Text),
)


async def keep(tx: AsyncConnection, received: Sequence[Received[AccountFact]]) -> ReplicaResult:
    """Keep the newest state of each."""
    return await replicate(tx, accounts, received, _columns)


def _columns(fact: AccountFact) -> Mapping[str, object]:
    told = fact.account
    gone = isinstance(fact, AccountDeleted)
    return {"name": told.name, "owner_id": told.owner_id, "deleted": gone}
