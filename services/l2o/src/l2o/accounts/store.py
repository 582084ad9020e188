"""The tables of accounts and all their SQL."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    Numeric,
    Select,
    Table,
    Text,
    Uuid,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import tenant_column
from chassis.rows import fetch_row, insert_row
from kernel.money import Money
from l2o.accounts.domain import Account, Totals
from l2o.database import metadata

accounts = Table(
    "accounts",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("phone", Text),
    Column("lead_id", Uuid),
    Column("owner_id", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "owner_id", "id"),
)

# Counters live in rows of their own: they change without a version of the account.
account_totals = Table(
    "account_totals",
    metadata,
    tenant_column(),
    Column("account_id", Uuid, primary_key=True),
    Column("currency", Text, primary_key=True),
    *(
        Column(name, Numeric(22, 6), nullable=False, server_default=text("0"))
        for name in ("ordered", "shipped", "received")
    ),
)


async def get(tx: AsyncConnection, account_id: UUID) -> Account:
    """Raises NotFound."""
    return await fetch_row(tx, accounts, account_id, Account)


async def exists(tx: AsyncConnection, account_id: UUID) -> bool:
    row = await tx.execute(select(accounts.c.id).where(accounts.c.id == account_id))
    return row.one_or_none() is not None


async def add(tx: AsyncConnection, account: Account) -> None:
    await insert_row(tx, accounts, account)


def listed(owner_id: str | None) -> Select[Any]:
    """The accounts of this owner, or all, as a query for a page."""
    query = select(accounts)
    return query if owner_id is None else query.where(accounts.c.owner_id == owner_id)


async def add_to_total(tx: AsyncConnection, account_id: UUID, counter: str, amount: Money) -> None:
    """Raise one counter of an account by an amount, in its currency, in one statement."""
    columns = account_totals.c
    values = {"account_id": account_id, "currency": amount.currency, counter: amount.amount}
    await tx.execute(
        insert(account_totals)
        .values(values)
        .on_conflict_do_update(
            index_elements=[columns.tenant_id, columns.account_id, columns.currency],
            set_={counter: columns[counter] + amount.amount},
        )
    )


async def totals_of(tx: AsyncConnection, account_id: UUID) -> list[Totals]:
    """By currency; none where nothing was counted yet."""
    columns = account_totals.c
    rows = await tx.execute(
        select(account_totals).where(columns.account_id == account_id).order_by(columns.currency)
    )
    return [
        Totals(
            account_id=account_id,
            ordered=Money(row.ordered, row.currency),
            shipped=Money(row.shipped, row.currency),
            received=Money(row.received, row.currency),
        )
        for row in rows
    ]
