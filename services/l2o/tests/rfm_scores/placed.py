"""Orders that stand in the copy, and the scores that follow from them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from l2o.orders.store import orders
from l2o.rfm_scores.domain import OrderWindow
from l2o.rfm_scores.store import SCORES, account_rfm, full_query

Row = tuple[UUID, date, int, Decimal, int, int, int]


def order_row(
    account_id: UUID, at: datetime | None, amount: Decimal, currency: str = "CNY"
) -> dict[str, Any]:
    """The row of an order that was placed at an instant."""
    return {
        "id": new_id(),
        "epoch": 1,
        "sequence": 1,
        "deleted": False,
        "document_no": "SO-1",
        "account_id": account_id,
        "currency": currency,
        "ordered": amount,
        "shipped": Decimal(0),
        "created_at": at,
    }


def at_noon(day: date) -> datetime:
    """Noon of a day in London, which is the same day in Shanghai."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


async def place(tx: AsyncConnection, rows: Iterable[dict[str, Any]]) -> None:
    """Add orders to the copy."""
    await tx.execute(insert(orders), list(rows))


_COLUMNS = ("account_id", "last_ordered_on", "orders", "amount", *SCORES)


async def stored_scores(tx: AsyncConnection) -> set[Row]:
    """What is stored of all accounts."""
    return {tuple(row) for row in await tx.execute(select(*(account_rfm.c[n] for n in _COLUMNS)))}


async def scores_in_full(tx: AsyncConnection, window: OrderWindow) -> set[Row]:
    """What the one statement computes of all accounts."""
    rows = (await tx.execute(full_query(window))).mappings()
    return {tuple(row[name] for name in _COLUMNS) for row in rows}
