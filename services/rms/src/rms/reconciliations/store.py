"""Sums over the tables of orders, receivables, payments and allocations.

Both sides of an equation come from tables of their own: what is lost in one of them shows.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.money import Money
from rms.orders.store import order_lines, orders, shipments
from rms.payments.store import allocations, payment_returns, payments
from rms.receivables.store import receivables
from rms.reconciliations.schemas import CurrencyReconciliation, ReconciliationOut

SUMS = (
    "confirmed", "cancelled", "shipped", "prepaid", "deducted", "unshipped", "owed", "settled",
    "paid", "returned", "repaid", "allocated", "booked",
)  # fmt: skip


async def read(tx: AsyncConnection) -> ReconciliationOut:
    """The sums per currency; of one instant, as they come from one statement."""
    parts = union_all(
        _part(
            orders.c.gross_total_currency,
            confirmed=orders.c.gross_total,
            cancelled=orders.c.cancelled_total,
            shipped=orders.c.shipped_total,
        ).where(orders.c.confirmed_at.is_not(None)),
        _part(orders.c.prepaid_total_currency, prepaid=orders.c.prepaid_total),
        _part(shipments.c.deducted_currency, deducted=shipments.c.deducted),
        _part(
            order_lines.c.gross_amount_currency,
            unshipped=order_lines.c.gross_amount
            - order_lines.c.shipped_amount
            - order_lines.c.cancelled_amount,
        )
        .join(orders, orders.c.id == order_lines.c.order_id)
        .where(orders.c.confirmed_at.is_not(None)),
        _part(
            receivables.c.amount_currency,
            owed=receivables.c.amount - receivables.c.withdrawn,
            settled=receivables.c.allocated,
        ),
        _part(
            payments.c.amount_currency,
            paid=payments.c.amount,
            returned=payments.c.returned,
            allocated=payments.c.allocated,
        ),
        _part(payment_returns.c.amount_currency, repaid=payment_returns.c.amount),
        _part(allocations.c.amount_currency, booked=allocations.c.amount),
    ).subquery()
    sums = [func.sum(parts.c[name]).label(name) for name in SUMS]
    query = select(parts.c.currency, *sums).group_by(parts.c.currency).order_by(parts.c.currency)
    rows = await tx.execute(query)
    return ReconciliationOut(items=[_shaped(row._mapping) for row in rows])


def _part(currency: ColumnElement[str], **sums: ColumnElement[Any]) -> Select[Any]:
    zero = literal(0)
    return select(currency.label("currency"), *(sums.get(n, zero).label(n) for n in SUMS))


def _shaped(row: Any) -> CurrencyReconciliation:
    sums = {name: Money(row[name], row["currency"]) for name in SUMS}
    return CurrencyReconciliation(
        currency=row["currency"],
        **sums,
        open=sums["owed"] - sums["settled"],
        unallocated=sums["paid"] - sums["returned"] - sums["allocated"],
    )
