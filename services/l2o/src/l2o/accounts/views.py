"""Reads that combine accounts with opportunities, and with the documents of RMS."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import is_one_of
from chassis.records.access.visibility import Visibility
from kernel.sums import MoneySum
from l2o.accounts.domain import CurrencyTotals
from l2o.accounts.store import hierarchy
from l2o.opportunities.domain import CLOSED_STAGES, Stage
from l2o.opportunities.store import opportunities
from l2o.orders.store import orders
from l2o.payments.store import payments
from l2o.receivables.store import receivables

TOTALS = ("open", "won", "ordered", "shipped", "received", "owed", "overdue")


async def count_open_opportunities(tx: AsyncConnection, account_id: UUID) -> int:
    """Count the opportunities of an account that are neither won nor lost nor deleted."""
    columns = opportunities.c
    query = select(func.count()).where(
        columns.account_id == account_id,
        columns.deleted_at.is_(None),
        columns.stage.not_in(sorted(CLOSED_STAGES)),
    )
    count: int = (await tx.execute(query)).scalar_one()
    return count


async def read_totals(
    tx: AsyncConnection, account_id: UUID, *, today: date
) -> list[CurrencyTotals]:
    """The totals of an account ordered by currency code; empty without any amount.

    They are added up from opportunities and from the replicas when they are read, so they are as
    right as those. `today` is the tenant's business day.
    """
    return await _sum(tx, account_id, [account_id], today)


async def read_subtree_totals(
    tx: AsyncConnection, account_id: UUID, visibility: Visibility, *, today: date
) -> tuple[int, list[CurrencyTotals]]:
    """Add up the totals of an account and of all visible accounts below it.

    Return the number of these accounts, and their totals as `read_totals` does.
    """
    ids = await hierarchy.subtree_ids(tx, account_id, visibility)
    return len(ids), await _sum(tx, account_id, ids, today)


async def _sum(
    tx: AsyncConnection, account_id: UUID, ids: Sequence[UUID], today: date
) -> list[CurrencyTotals]:
    amounts = union_all(*_amounts(ids, today)).subquery()
    sums = [func.sum(amounts.c[name]).label(name) for name in TOTALS]
    currency = amounts.c.currency
    rows = await tx.execute(select(currency, *sums).group_by(currency).order_by(currency))
    return [
        CurrencyTotals(
            account_id=account_id,
            **{name: MoneySum(row[name], row["currency"]) for name in TOTALS},
        )
        for row in rows.mappings()
    ]


def _amounts(ids: Sequence[UUID], today: date) -> Iterator[Select[Any]]:
    """Yield the queries for the amounts that count, each with a column for every total."""
    deal, order, payment, owing = opportunities.c, orders.c, payments.c, receivables.c
    is_open = deal.stage.not_in(sorted(CLOSED_STAGES))
    yield _as_totals(
        deal.amount_currency,
        open=case((is_open, deal.amount), else_=0),
        won=case((deal.stage == Stage.WON, deal.amount), else_=0),
    ).where(
        is_one_of(deal.account_id, ids),
        deal.deleted_at.is_(None),
        deal.amount_currency.is_not(None),
    )
    yield _as_totals(order.currency, ordered=order.ordered, shipped=order.shipped).where(
        is_one_of(order.account_id, ids), ~order.deleted
    )
    yield _as_totals(payment.currency, received=payment.received).where(
        is_one_of(payment.account_id, ids), ~payment.deleted
    )
    overdue = case((owing.due_date < today, owing.owed), else_=0)
    yield _as_totals(owing.currency, owed=owing.owed, overdue=overdue).where(
        is_one_of(owing.account_id, ids), ~owing.deleted
    )


def _as_totals(currency: ColumnElement[str], **amounts: Any) -> Select[Any]:
    zero = literal(0)
    totals = (amounts.get(name, zero).label(name) for name in TOTALS)
    return select(currency.label("currency"), *totals)
