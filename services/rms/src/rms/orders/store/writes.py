"""Loading and saving orders, their shipments and cancellations."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.rows import fetch_parts, fetch_row, fetch_rows, from_columns, to_columns
from chassis.records.record_types import RecordType
from chassis.records.writes import insert_row, update_row
from contracts.rms.events import OrderAssigned, OrderChanged, OrderCreated
from rms.orders.domain.amendments import Revision
from rms.orders.domain.cancellations import Cancellation
from rms.orders.domain.lines import OrderLine
from rms.orders.domain.order import Order
from rms.orders.domain.shipments import Shipment
from rms.orders.store.tables import (
    ORDERS,
    order_cancellations,
    order_lines,
    order_revisions,
    orders,
    shipment_lines,
    shipments,
)


async def lock_quote(tx: AsyncConnection, quote_id: UUID) -> None:
    """Lock until the commit: one transaction at a time creates a quote's order.

    The second one waits before it takes a document number, so that the numbers have no gap.
    """
    await lock_key(tx, "rms.quote", quote_id)


async def quote_has_order(tx: AsyncConnection, quote_id: UUID) -> bool:
    """Whether an order was created from this quote."""
    order = await tx.execute(select(orders.c.id).where(orders.c.quote_id == quote_id))
    return order.one_or_none() is not None


async def insert_order(tx: AsyncConnection, order: Order) -> None:
    """Insert an order and its lines."""
    await insert_row(tx, orders, order)
    lines = [to_columns(order_lines, line) for line in order.lines]
    await tx.execute(insert(order_lines), lines)


async def get_order(tx: AsyncConnection, order_id: UUID, *, lock: bool = False) -> Order:
    """Load an order with its lines, which are read after the lock is held. Raises NotFound."""
    order = await fetch_row(tx, orders, order_id, Order, lock=lock, lines=())
    return replace(order, lines=(await _lines(tx, [order_id])).get(order_id, ()))


async def get_orders(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Order]:
    """Load orders with their lines."""
    lines = await _lines(tx, ids)
    return [
        from_columns(Order, row, lines=lines.get(row["id"], ()))
        for row in await fetch_rows(tx, orders.c.id, ids)
    ]


async def _lines(
    tx: AsyncConnection, order_ids: Sequence[UUID]
) -> dict[UUID, tuple[OrderLine, ...]]:
    rows = await fetch_parts(tx, order_lines.c.order_id, order_ids, order_lines.c.line_no)
    return {
        order_id: tuple(from_columns(OrderLine, part) for part in parts)
        for order_id, parts in rows.items()
    }


async def update_order(tx: AsyncConnection, before: Order, after: Order) -> Order:
    """Update an order and those of its lines that differ from `before`.

    The lines need no version of their own: whoever changes them holds the order's lock and version.
    Raises Conflict (STALE_WRITE).
    """
    saved = await update_row(tx, orders, after, before=before)
    line_ids = {line.id for line in after.lines}
    if removed := [line.id for line in before.lines if line.id not in line_ids]:
        await tx.execute(delete(order_lines).where(order_lines.c.id.in_(removed)))
    for line in after.lines:
        if line not in before.lines:
            statement = update(order_lines).where(order_lines.c.id == line.id)
            await tx.execute(statement.values(to_columns(order_lines, line)))
    return saved


ORDER = RecordType(
    scoped=ORDERS,
    entity=Order,
    created=OrderCreated,
    changed=OrderChanged,
    assigned=OrderAssigned,
    fetch=get_order,
    fetch_all=get_orders,
    insert=insert_order,
    update=update_order,
)


async def insert_revision(tx: AsyncConnection, revision: Revision) -> None:
    """Insert the state of an order before an amendment."""
    await insert_row(tx, order_revisions, revision)


async def insert_cancellations(tx: AsyncConnection, cancellations: Sequence[Cancellation]) -> None:
    """Insert the cancelled parts of an order's lines."""
    rows = [to_columns(order_cancellations, one) for one in cancellations]
    await tx.execute(insert(order_cancellations), rows)


async def insert_shipment(tx: AsyncConnection, shipment: Shipment) -> None:
    """Insert a shipment and its lines."""
    await insert_row(tx, shipments, shipment)
    lines = [
        {"shipment_id": shipment.id} | to_columns(shipment_lines, part) for part in shipment.lines
    ]
    await tx.execute(insert(shipment_lines), lines)
