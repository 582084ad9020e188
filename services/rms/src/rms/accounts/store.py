"""The read copy of L2O's accounts."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Table, Text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns
from chassis.events.replicas import replicate
from chassis.events.subscriptions import Received, ReplicaResult
from chassis.records.access.visibility import Scoped
from contracts.l2o.events import (
    AccountAssigned,
    AccountChanged,
    AccountCreated,
    AccountDeleted,
    AccountRestored,
)
from rms.database import metadata

accounts = Table(
    "accounts",
    metadata,
    *replica_columns(),
    Column("name", Text, nullable=False),
    Column("owner_id", Text),
)

# Seen by whom its owner is seen; who else sees it in L2O is not known here.
ACCOUNTS = Scoped("rms.account", accounts)

AccountFact = AccountCreated | AccountChanged | AccountAssigned | AccountDeleted | AccountRestored


async def copy(tx: AsyncConnection, received: Sequence[Received[AccountFact]]) -> ReplicaResult:
    return await replicate(tx, accounts, received, _columns)


def _columns(event: AccountFact) -> Mapping[str, Any]:
    """A deleted account keeps its name: its orders, debts and payments are still there."""
    return {
        "name": event.account.name,
        "owner_id": event.account.owner_id,
        "deleted": isinstance(event, AccountDeleted),
    }
