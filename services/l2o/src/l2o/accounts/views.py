"""Reads that combine accounts with opportunities, and with the orders and payments of RMS."""

from uuid import UUID

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.sums import MoneySum
from l2o.accounts.domain import CurrencyTotals
from l2o.opportunities.domain import CLOSED_STAGES
from l2o.opportunities.store import opportunities
from l2o.orders.store import orders
from l2o.payments.store import payments

TOTALS = ("ordered", "shipped", "received")


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


async def read_totals(tx: AsyncConnection, account_id: UUID) -> list[CurrencyTotals]:
    """The totals of an account ordered by currency code; empty without orders and payments.

    They are added up from the replicas when they are read, so they are as right as those.
    """
    order, payment, zero = orders.c, payments.c, literal(0)
    ordered = select(order.currency, order.ordered, order.shipped, zero.label("received"))
    received = select(payment.currency, zero, zero, payment.received)
    amounts = union_all(
        ordered.where(order.account_id == account_id, ~order.deleted),
        received.where(payment.account_id == account_id, ~payment.deleted),
    ).subquery()
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
