"""Sums over the tables of orders, shipments, receivables, payments and allocations.

The two sides of every equation come from different tables, so that a lost row shows as a
difference.
"""

from typing import Any

from sqlalchemy import RowMapping, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.sums import MoneySum
from rms.balances.views import select_sums, total_by_currency
from rms.orders.store.tables import order_lines, orders, shipments
from rms.payments.store.tables import allocations, payment_returns, payments
from rms.receivables.store import receivables
from rms.reconciliations.schemas import CurrencyReconciliation, ReconciliationOut

RECONCILIATION_SUMS = (
    "confirmed", "cancelled", "shipped", "prepaid", "deducted", "unshipped", "owed", "settled",
    "paid", "returned", "repaid", "allocated", "booked",
)  # fmt: skip


async def read_reconciliation(tx: AsyncConnection) -> ReconciliationOut:
    """The tenant's sums per currency, all from one statement and so of one instant."""
    parts = [*_order_sums(), *_money_sums()]
    rows = await tx.execute(total_by_currency(RECONCILIATION_SUMS, parts))
    return ReconciliationOut(items=[_currency_reconciliation(row._mapping) for row in rows])


def _order_sums() -> list[Select[Any]]:
    order, line, names = orders.c, order_lines.c, RECONCILIATION_SUMS
    confirmed = select_sums(
        names,
        order.gross_total_currency,
        confirmed=order.gross_total,
        cancelled=order.cancelled_total,
        shipped=order.shipped_total,
    )
    unshipped = select_sums(
        names,
        line.gross_amount_currency,
        unshipped=line.gross_amount - line.shipped_amount - line.cancelled_amount,
    )
    return [
        confirmed.where(order.confirmed_at.is_not(None)),
        select_sums(names, order.prepaid_total_currency, prepaid=order.prepaid_total),
        select_sums(names, shipments.c.deducted_currency, deducted=shipments.c.deducted),
        unshipped.join(orders, order.id == line.order_id).where(order.confirmed_at.is_not(None)),
    ]


def _money_sums() -> list[Select[Any]]:
    receivable, payment, names = receivables.c, payments.c, RECONCILIATION_SUMS
    return [
        select_sums(
            names,
            receivable.amount_currency,
            owed=receivable.amount - receivable.withdrawn,
            settled=receivable.allocated,
        ),
        select_sums(
            names,
            payment.amount_currency,
            paid=payment.amount,
            returned=payment.returned,
            allocated=payment.allocated,
        ),
        select_sums(names, payment_returns.c.amount_currency, repaid=payment_returns.c.amount),
        select_sums(names, allocations.c.amount_currency, booked=allocations.c.amount),
    ]


def _currency_reconciliation(row: RowMapping) -> CurrencyReconciliation:
    sums = {name: MoneySum(row[name], row["currency"]) for name in RECONCILIATION_SUMS}
    return CurrencyReconciliation(
        currency=row["currency"],
        **sums,
        open=sums["owed"] - sums["settled"],
        unallocated=sums["paid"] - sums["returned"] - sums["allocated"],
    )
