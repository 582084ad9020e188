"""The table of how accounts came to their grades, and the SQL of what rules read of accounts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, Table, Uuid, case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns, is_one_of, to_columns
from chassis.records.access.visibility import Visibility, is_visible
from l2o.accounts.domain import Account
from l2o.accounts.store import ACCOUNT, ACCOUNTS, accounts
from l2o.activities.domain import NO_TOUCH_KINDS
from l2o.activities.store import activities
from l2o.contacts.store import contacts
from l2o.database import metadata
from l2o.grades.domain import RECENT_DAYS, Figures, GradeRecord
from l2o.opportunities.domain import CLOSED_STAGES, Stage
from l2o.opportunities.store import opportunities
from l2o.orders.store import orders
from l2o.rfm_scores.store import account_rfm

account_grades = Table(
    "account_grades",
    metadata,
    *record_columns(GradeRecord, without=("account_id",)),
    Column("account_id", Uuid, primary_key=True),
)


async def grade_record_of(tx: AsyncConnection, account_id: UUID) -> GradeRecord:
    """Return how an account came to its grade; an empty record before the first time."""
    return (await grade_records_of(tx, [account_id]))[account_id]


async def grade_records_of(
    tx: AsyncConnection, account_ids: Sequence[UUID]
) -> dict[UUID, GradeRecord]:
    """Return how accounts came to their grades, by account."""
    query = select(account_grades).where(is_one_of(account_grades.c.account_id, account_ids))
    rows = (await tx.execute(query)).mappings()
    found = {row["account_id"]: from_columns(GradeRecord, dict(row)) for row in rows}
    return {one: found.get(one) or GradeRecord(account_id=one) for one in account_ids}


async def save_grade_record(tx: AsyncConnection, record: GradeRecord) -> None:
    """Write how an account came to its grade; the caller has locked the account."""
    values = to_columns(account_grades, record)
    row = insert(account_grades).values(values)
    keys = ["tenant_id", "account_id"]
    changed = {name: row.excluded[name] for name in values if name not in keys}
    await tx.execute(row.on_conflict_do_update(index_elements=keys, set_=changed))


async def lock_free(
    tx: AsyncConnection, account_ids: Sequence[UUID]
) -> tuple[Sequence[Account], set[UUID]]:
    """Lock and return the accounts that nobody else has locked; also the ids of deleted ones.

    A row is locked before its entry of the queue is removed, as by those who change an account and
    then queue it, and no lock is waited for: neither can deadlock.
    """
    c = accounts.c
    there = select(c.id).where(is_one_of(c.id, account_ids), c.deleted_at.is_(None))
    present = set((await tx.execute(there)).scalars())
    free = there.order_by(c.id).with_for_update(key_share=True, skip_locked=True)
    locked = (await tx.execute(free)).scalars().all()
    return await ACCOUNT.get_all(tx, locked), set(account_ids) - present


async def newest_ids(tx: AsyncConnection, visibility: Visibility, limit: int) -> Sequence[UUID]:
    """Return the newest accounts that the caller sees."""
    c = accounts.c
    query = select(c.id).where(c.deleted_at.is_(None), is_visible(ACCOUNTS, visibility))
    return (await tx.execute(query.order_by(c.id.desc()).limit(limit))).scalars().all()


def all_ids() -> Select[Any]:
    """Return the query for all accounts that are not deleted."""
    return select(accounts.c.id).where(accounts.c.deleted_at.is_(None))


async def figures_of(
    tx: AsyncConnection, account_ids: Sequence[UUID], *, currency: str, now: datetime
) -> dict[UUID, Figures]:
    """Return what is counted about accounts; amounts in this currency."""
    found: dict[UUID, dict[str, Any]] = {one: {} for one in account_ids}
    for query in (
        _deals(account_ids, currency),
        _orders(account_ids, currency, now),
        _contacts(account_ids),
        _activities(account_ids, now),
        _scores(account_ids),
    ):
        for row in (await tx.execute(query)).mappings():
            found[row["account_id"]] |= {
                name: value for name, value in row.items() if name != "account_id"
            }
    return {account_id: Figures(**values) for account_id, values in found.items()}


def _deals(account_ids: Sequence[UUID], currency: str) -> Select[Any]:
    c = opportunities.c
    is_open = c.stage.not_in(sorted(CLOSED_STAGES))
    is_won, is_lost = c.stage == Stage.WON, c.stage == Stage.LOST
    amount = case((c.amount_currency == currency, c.amount), else_=0)
    counts = {
        "open_opportunities": func.count().filter(is_open),
        "open_amount": _sum(amount, is_open),
        "won_opportunities": func.count().filter(is_won),
        "won_amount": _sum(amount, is_won),
        "lost_opportunities": func.count().filter(is_lost),
    }
    return _counted(c.account_id, account_ids, counts).where(c.deleted_at.is_(None))


def _orders(account_ids: Sequence[UUID], currency: str, now: datetime) -> Select[Any]:
    c = orders.c
    age = func.age(now, func.min(c.created_at))
    counts = {
        "orders": func.count(),
        "ordered": func.coalesce(func.sum(case((c.currency == currency, c.ordered), else_=0)), 0),
        "months_as_customer": func.extract("year", age) * 12 + func.extract("month", age),
    }
    return _counted(c.account_id, account_ids, counts).where(~c.deleted, c.ordered > 0)


def _contacts(account_ids: Sequence[UUID]) -> Select[Any]:
    c = contacts.c
    there = c.deleted_at.is_(None)
    return _counted(c.account_id, account_ids, {"contacts": func.count()}).where(there)


def _activities(account_ids: Sequence[UUID], now: datetime) -> Select[Any]:
    c = activities.c
    recent = c.at > now - timedelta(days=RECENT_DAYS)
    counts = {"recent_activities": func.count()}
    return _counted(c.account_id, account_ids, counts).where(
        c.deleted_at.is_(None), recent, c.kind.not_in(NO_TOUCH_KINDS)
    )


def _scores(account_ids: Sequence[UUID]) -> Select[Any]:
    c = account_rfm.c
    return select(
        c.account_id,
        c.orders.label("window_orders"),
        c.amount.label("window_ordered"),
        c.recency,
        c.frequency,
        c.monetary,
    ).where(is_one_of(c.account_id, account_ids))


def _counted(
    account_id: ColumnElement[UUID],
    account_ids: Sequence[UUID],
    counts: Mapping[str, ColumnElement[Any]],
) -> Select[Any]:
    columns = [count.label(name) for name, count in counts.items()]
    mine = is_one_of(account_id, account_ids)
    return select(account_id, *columns).where(mine).group_by(account_id)


def _sum(amount: ColumnElement[Any], where: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(amount).filter(where), 0)
