"""The read copy of L2O's accounts."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Column, Table, Text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns
from chassis.events.replicas import replicate
from chassis.events.subscriptions import ReceivedEvent, ReplicaResult
from contracts.l2o.events import (
    AccountAssigned,
    AccountChanged,
    AccountCreated,
    AccountDeleted,
    AccountRestored,
)
from cpq.database import metadata

AccountEvent = AccountCreated | AccountChanged | AccountAssigned | AccountDeleted | AccountRestored

accounts = Table(
    "accounts",
    metadata,
    *replica_columns(),
    Column("name", Text, nullable=False),
    Column("owner_id", Text),
)


async def replicate_accounts(
    tx: AsyncConnection, received: Sequence[ReceivedEvent[AccountEvent]]
) -> ReplicaResult:
    """Store the newest state of each account; older and repeated events change nothing."""
    return await replicate(tx, accounts, received, _columns)


def _columns(event: AccountEvent) -> Mapping[str, object]:
    return {
        "name": event.account.name,
        "owner_id": event.account.owner_id,
        "deleted": isinstance(event, AccountDeleted),
    }
