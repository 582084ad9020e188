"""The read copy of L2O's accounts."""

from collections.abc import Sequence

from sqlalchemy import Column, Table, Text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.consumer.replica import replica_columns, replicate
from chassis.consumer.subscriptions import Received, ReplicaResult
from contracts.l2o.events import AccountCreated
from rms.database import metadata

accounts = Table(
    "accounts",
    metadata,
    *replica_columns(),
    Column("name", Text, nullable=False),
)


async def copy(tx: AsyncConnection, received: Sequence[Received[AccountCreated]]) -> ReplicaResult:
    return await replicate(tx, accounts, received, lambda e: {"name": e.account.name})
