"""The tables of RFM scores and all SQL on them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Delete,
    FromClause,
    Index,
    Integer,
    Numeric,
    Select,
    SmallInteger,
    Table,
    Text,
    Uuid,
    case,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from chassis.database.columns import tenant_column
from chassis.database.rows import from_columns, is_one_of
from chassis.records.access.visibility import UnownedResource
from chassis.records.record_types import RecordType
from chassis.records.tenant_records import tenant_record_columns, tenant_record_of
from l2o.database import metadata
from l2o.orders.store import orders
from l2o.rfm_scores.domain import STEPS, AccountRfm, OrderWindow, RfmSettings

rfm_settings = Table("rfm_settings", metadata, *tenant_record_columns(RfmSettings))
SETTINGS = RecordType(
    scoped=UnownedResource("l2o.rfm_settings", rfm_settings),
    entity=RfmSettings,
    is_published=False,
)

# What each account ordered in the window, with its scores; an account without an order has no row.
account_rfm = Table(
    "account_rfm",
    metadata,
    tenant_column(),
    Column("account_id", Uuid, primary_key=True),
    Column("first_ordered_on", Date, nullable=False),
    Column("last_ordered_on", Date, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("amount", Numeric(38, 6), nullable=False),
    Column("currency", Text, nullable=False),
    Column("recency", SmallInteger),
    Column("frequency", SmallInteger),
    Column("monetary", SmallInteger),
    Index(None, "tenant_id", "first_ordered_on"),
)
_SUMS = ("first_ordered_on", "last_ordered_on", "orders", "amount", "currency")
SCORES = ("recency", "frequency", "monetary")


async def rfm_settings_of(tx: AsyncConnection, now: datetime) -> RfmSettings:
    """Return the settings of the transaction's tenant; the default ones if nobody has set any."""
    return await tenant_record_of(tx, SETTINGS, now=now)


def full_query(window: OrderWindow) -> Select[Any]:
    """Return the one statement that computes purchases and scores of all accounts in full."""
    sums = _purchases(window).subquery()
    return select(*sums.c, *_scores(sums.c))


def _scores(c: ReadOnlyColumnCollection[str, Any]) -> list[ColumnElement[int]]:
    """Return the scores by what was ordered; the rank minus one is the number of worse ones."""
    among = func.count().over()
    by = (c["last_ordered_on"], c["orders"], c["amount"])
    worse = [func.rank().over(order_by=one) - 1 for one in by]
    return [(1 + STEPS * one // among).label(name) for one, name in zip(worse, SCORES, strict=True)]


def _purchases(window: OrderWindow) -> Select[Any]:
    """Return the query for what each account ordered in the window."""
    c = orders.c
    day = cast(func.timezone(window.timezone, c.created_at), Date)
    amount = case((c.currency == window.currency, c.ordered), else_=0)
    return (
        select(
            c.account_id,
            func.min(day).label("first_ordered_on"),
            func.max(day).label("last_ordered_on"),
            func.count().label("orders"),
            func.sum(amount).label("amount"),
            cast(window.currency, Text).label("currency"),
        )
        .where(~c.deleted, c.ordered > 0, day.between(window.first, window.last))
        .group_by(c.account_id)
    )


async def compute_in_full(tx: AsyncConnection, window: OrderWindow) -> set[UUID]:
    """Write what all accounts ordered in the window, and their scores, in one statement.

    Return the accounts of which something changed, with those that have no order in it any more.
    """
    found = full_query(window).cte("found")
    gone = _delete_others(found).returning(account_rfm.c.account_id).cte("gone")
    written = _upsert(select(found), (*_SUMS, *SCORES))
    kept = written.returning(account_rfm.c.account_id).cte("written")
    changed = union_all(select(gone.c.account_id), select(kept.c.account_id))
    return set((await tx.execute(changed)).scalars())


async def sum_purchases(
    tx: AsyncConnection, window: OrderWindow, account_ids: Collection[UUID]
) -> None:
    """Write what these accounts ordered in the window; the scores stay."""
    ids = sorted(account_ids)
    query = _purchases(window).where(is_one_of(orders.c.account_id, ids))
    mine = is_one_of(account_rfm.c.account_id, ids)
    await tx.execute(_delete_others(query.subquery()).where(mine))
    await tx.execute(_upsert(query, _SUMS))


def _delete_others(found: FromClause) -> Delete:
    return delete(account_rfm).where(
        ~exists().where(found.c["account_id"] == account_rfm.c.account_id)
    )


def _upsert(query: Select[Any], names: Sequence[str]) -> Insert:
    """Return the statement that writes these columns of accounts, and only what differs."""
    row = insert(account_rfm).from_select(["account_id", *names], query)
    changed = or_(*(account_rfm.c[one].is_distinct_from(row.excluded[one]) for one in names))
    return row.on_conflict_do_update(
        index_elements=["tenant_id", "account_id"],
        set_={one: row.excluded[one] for one in names},
        where=changed,
    )


async def ids_leaving(tx: AsyncConnection, window: OrderWindow) -> set[UUID]:
    """Return the accounts of which an order lies before the window now, or after it."""
    c = account_rfm.c
    outside = or_(c.first_ordered_on < window.first, c.last_ordered_on > window.last)
    return set((await tx.execute(select(c.account_id).where(outside))).scalars())


async def rank_accounts(tx: AsyncConnection) -> list[UUID]:
    """Score all accounts by what they ordered; return those whose scores changed."""
    c = account_rfm.c
    ranked = select(c.account_id, *_scores(c)).subquery()
    changed = or_(*(c[name].is_distinct_from(ranked.c[name]) for name in SCORES))
    statement = (
        update(account_rfm)
        .where(c.account_id == ranked.c.account_id, changed)
        .values({name: ranked.c[name] for name in SCORES})
        .returning(c.account_id)
    )
    return list((await tx.execute(statement)).scalars())


async def rfm_of(tx: AsyncConnection, account_ids: Collection[UUID]) -> dict[UUID, AccountRfm]:
    """Return what accounts ordered and their scores; those that did not order are absent."""
    query = select(account_rfm).where(is_one_of(account_rfm.c.account_id, sorted(account_ids)))
    rows = (await tx.execute(query)).mappings()
    return {row["account_id"]: from_columns(AccountRfm, dict(row)) for row in rows}
