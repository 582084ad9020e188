"""The tables of accounts and all their SQL."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Double,
    Index,
    Integer,
    Numeric,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import CURRENT_TENANT, money_columns, tenant_column
from chassis.database.rows import fetch_row, from_columns
from chassis.records.access.visibility import EVERYTHING, Access, Scoped, Visibility, visible
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.listing import Listing
from chassis.records.writes import insert_row, update_row
from kernel.money import Money
from l2o.accounts.domain import Account, Totals
from l2o.accounts.schemas import AccountOut
from l2o.database import metadata

accounts = Table(
    "accounts",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("phone", Text, info={"personal": "phone"}),
    Column("parent_id", Uuid),
    Column("industry", Text),
    Column("country", Text),
    Column("founded_year", Integer),
    Column("employees", Integer),
    *money_columns("annual_revenue", nullable=True),
    sort_column("annual_revenue", Double()),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("lead_id", Uuid),
    Column("owner_id", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "owner_id", "id"),
    Index(None, "tenant_id", "parent_id", "id"),
)

ACCOUNTS = Scoped("l2o.account", accounts)
LISTING = Listing(
    ACCOUNTS,
    AccountOut,
    entity=Account,
    filters=[
        "owner_id",
        "name",
        "phone",
        "parent_id",
        "industry",
        "country",
        "annual_revenue",
        "lead_id",
        "created_at",
        "updated_at",
    ],
    sorts=["created_at", "updated_at", "name", "annual_revenue"],
    words=["name"],
    custom=custom_conditions,
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


async def get(
    tx: AsyncConnection, account_id: UUID, *, lock: bool = False, with_deleted: bool = False
) -> Account:
    """Raises NotFound."""
    return await fetch_row(tx, accounts, account_id, Account, lock=lock, with_deleted=with_deleted)


async def exists(
    tx: AsyncConnection, account_id: UUID, visibility: Visibility = EVERYTHING
) -> bool:
    """Whether it is there, not deleted, and within reach."""
    query = select(accounts.c.id).where(_there(account_id, visibility))
    return (await tx.execute(query)).one_or_none() is not None


async def stays(tx: AsyncConnection, account_id: UUID, visibility: Visibility = EVERYTHING) -> bool:
    """As `exists`, and nobody deletes it until the commit; others may rely on it as well."""
    query = select(accounts.c.id).where(_there(account_id, visibility)).with_for_update(read=True)
    return (await tx.execute(query)).one_or_none() is not None


async def may_change(tx: AsyncConnection, account_id: UUID, visibility: Visibility) -> bool:
    """Whether somebody of this reach may write it."""
    mine = (accounts.c.id == account_id) & visible(ACCOUNTS, visibility, Access.WRITE)
    return (await tx.execute(select(accounts.c.id).where(mine))).one_or_none() is not None


async def lock_here(
    tx: AsyncConnection, account_id: UUID, visibility: Visibility = EVERYTHING
) -> Account | None:
    """Keep an account from being changed until the commit; None where it is not there."""
    query = select(accounts).where(_there(account_id, visibility)).with_for_update()
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else from_columns(Account, dict(row))


def _there(account_id: UUID, visibility: Visibility) -> ColumnElement[bool]:
    mine = (accounts.c.id == account_id) & accounts.c.deleted_at.is_(None)
    return and_(mine, visible(ACCOUNTS, visibility))


async def add(tx: AsyncConnection, account: Account) -> None:
    await insert_row(tx, accounts, account)


async def save(tx: AsyncConnection, account: Account) -> Account:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, accounts, account)


async def lock_hierarchy(tx: AsyncConnection) -> None:
    """One at a time changes which company belongs to which, else two moves could make a circle."""
    key = text(f"hashtextextended('l2o.account.hierarchy:' || {CURRENT_TENANT}, 0)")
    await tx.execute(select(func.pg_advisory_xact_lock(key)))


async def ancestors(tx: AsyncConnection, account_id: UUID) -> set[UUID]:
    """The companies it belongs to, up to the top; deleted ones count, as they may come back."""
    above = (
        select(accounts.c.parent_id.label("id"))
        .where(accounts.c.id == account_id, accounts.c.parent_id.is_not(None))
        .cte("above", recursive=True)
    )
    # UNION, not UNION ALL: it would end even if there were a circle.
    above = above.union(
        select(accounts.c.parent_id).where(
            accounts.c.id == above.c.id, accounts.c.parent_id.is_not(None)
        )
    )
    return set((await tx.execute(select(above.c.id))).scalars())


async def count_children(tx: AsyncConnection, account_id: UUID) -> int:
    """How many companies belong to it directly."""
    mine = (accounts.c.parent_id == account_id) & accounts.c.deleted_at.is_(None)
    count: int = (await tx.execute(select(func.count()).where(mine))).scalar_one()
    return count


async def count_open_opportunities(tx: AsyncConnection, account_id: UUID) -> int:
    """How many sales to it are still under way; another feature's table, found by its name."""
    columns = metadata.tables["opportunities"].c
    mine = (columns.account_id == account_id) & columns.deleted_at.is_(None)
    query = select(func.count()).where(mine, columns.stage.not_in(["WON", "LOST"]))
    count: int = (await tx.execute(query)).scalar_one()
    return count


def subtree(account_id: UUID, visibility: Visibility) -> Select[Any]:
    """It and whatever belongs to it, at any depth, as far as one sees; a query for a page."""
    below = select(accounts.c.id).where(accounts.c.id == account_id).cte("below", recursive=True)
    below = below.union(select(accounts.c.id).where(accounts.c.parent_id == below.c.id))
    mine = accounts.c.id.in_(select(below.c.id)) & accounts.c.deleted_at.is_(None)
    return select(accounts).where(mine, visible(ACCOUNTS, visibility))


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
