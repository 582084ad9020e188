"""Loading and saving orders."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_row, from_columns, to_columns
from chassis.records.writes import insert_row, update_row
from rms.accounts.store import accounts
from rms.orders.domain.amendments import Revision
from rms.orders.domain.cancellations import Cancellation
from rms.orders.domain.lines import OrderLine
from rms.orders.domain.order import Order
from rms.orders.domain.shipments import Shipment
from rms.orders.store.tables import (
    order_cancellations,
    order_lines,
    order_revisions,
    orders,
    shipment_lines,
    shipments,
)

QUOTE_LOCKS = 8_264_001  # apart from whatever else is hashed into advisory locks


async def lock_quote(tx: AsyncConnection, quote_id: UUID) -> None:
    """Let nobody else make an order of this quote until the commit.

    So that the loser of a race has taken no document number that would be missing afterwards.
    """
    key = func.hashtextextended(str(quote_id), QUOTE_LOCKS)
    await tx.execute(select(func.pg_advisory_xact_lock(key)))


async def has_order(tx: AsyncConnection, quote_id: UUID) -> bool:
    found = await tx.execute(select(orders.c.id).where(orders.c.quote_id == quote_id))
    return found.one_or_none() is not None


async def account_name(tx: AsyncConnection, account_id: UUID) -> str | None:
    """The account's name as L2O has it; None until it arrives."""
    found = await tx.execute(select(accounts.c.name).where(accounts.c.id == account_id))
    return found.scalar_one_or_none()


async def add(tx: AsyncConnection, order: Order) -> None:
    await insert_row(tx, orders, order)
    lines = [to_columns(order_lines, line) for line in order.lines]
    await tx.execute(insert(order_lines), lines)


async def get(tx: AsyncConnection, order_id: UUID, *, lock: bool = False) -> Order:
    """The order with its lines; they are read once it is locked. Raises NotFound."""
    order = await fetch_row(tx, orders, order_id, Order, lock=lock, lines=())
    return replace(order, lines=await _lines(tx, order_id))


async def _lines(tx: AsyncConnection, order_id: UUID) -> tuple[OrderLine, ...]:
    lines: Select[Any] = select(order_lines).where(order_lines.c.order_id == order_id)
    rows = await tx.execute(lines.order_by(order_lines.c.line_no))
    return tuple(from_columns(OrderLine, row._mapping) for row in rows)


async def save(tx: AsyncConnection, order: Order) -> Order:
    """Everything but the lines. Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, orders, order)


async def save_lines(tx: AsyncConnection, order: Order, lines: Iterable[UUID]) -> Order:
    """The order and those of its lines that a move has changed. Raises Conflict (STALE_WRITE).

    The order is locked and its version guarded, so nobody else has changed them meanwhile.
    """
    saved = await save(tx, order)
    changed = set(lines)
    for line in order.lines:
        if line.id in changed:
            mine = update(order_lines).where(order_lines.c.id == line.id)
            await tx.execute(mine.values(to_columns(order_lines, line)))
    return saved


async def save_amended(tx: AsyncConnection, order: Order, before: Revision) -> Order:
    """The order, its lines, and how it stood before. Raises Conflict (STALE_WRITE)."""
    kept = {line.id for line in order.lines}
    gone = order_lines.c.id.not_in(kept)
    await tx.execute(delete(order_lines).where(order_lines.c.order_id == order.id, gone))
    await insert_row(tx, order_revisions, before)
    return await save_lines(tx, order, kept)


async def add_cancellations(tx: AsyncConnection, made: Sequence[Cancellation]) -> None:
    await tx.execute(
        insert(order_cancellations), [to_columns(order_cancellations, one) for one in made]
    )


async def add_shipment(tx: AsyncConnection, shipment: Shipment) -> None:
    await insert_row(tx, shipments, shipment)
    lines = [
        {"shipment_id": shipment.id} | to_columns(shipment_lines, part) for part in shipment.lines
    ]
    await tx.execute(insert(shipment_lines), lines)
