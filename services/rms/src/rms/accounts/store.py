"""The read copy of L2O's accounts."""

from uuid import UUID

from sqlalchemy import Column, Table, Text, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns
from chassis.events.replicas import Copy
from chassis.records.access.visibility import ScopedResource
from contracts.l2o.events import AccountState
from rms.database import metadata

accounts = Table(
    "accounts",
    metadata,
    *replica_columns(),
    Column("name", Text, nullable=False),
    Column("owner_id", Text),
)

ACCOUNTS = ScopedResource("rms.account", accounts, of=(("l2o.account", "id"),))

# A deleted account keeps its name: its orders, receivables and payments still show it.
ACCOUNT_COPY = Copy(AccountState, accounts)


async def account_name(tx: AsyncConnection, account_id: UUID) -> str | None:
    """The account's name in L2O; None while no event of the account has arrived."""
    row = await tx.execute(select(accounts.c.name).where(accounts.c.id == account_id))
    return row.scalar_one_or_none()


async def account_owner_id(tx: AsyncConnection, account_id: UUID) -> str | None:
    """The account's owner in L2O; None while no event of the account has arrived."""
    row = await tx.execute(select(accounts.c.owner_id).where(accounts.c.id == account_id))
    return row.scalar_one_or_none()
