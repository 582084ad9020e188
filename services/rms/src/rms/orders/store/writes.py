"""Loading and saving orders, their shipments and cancellations."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.rows import to_columns
from chassis.records.record_parts import Parts
from chassis.records.record_types import RecordType
from chassis.records.writes import insert_row
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


ORDER = RecordType(
    scoped=ORDERS,
    entity=Order,
    created=OrderCreated,
    changed=OrderChanged,
    assigned=OrderAssigned,
    parts=(
        Parts(
            field="lines", entity=OrderLine, table=order_lines, parent="order_id", order="line_no"
        ),
    ),
)


async def insert_revision(tx: AsyncConnection, revision: Revision) -> None:
    """Insert the state of an order before an amendment."""
    await insert_row(tx, order_revisions, revision)


async def insert_cancellations(tx: AsyncConnection, cancellations: Sequence[Cancellation]) -> None:
    """Insert the cancelled parts of an order's lines."""
    rows = [to_columns(order_cancellations, one) for one in cancellations]
    await tx.execute(insert(order_cancellations), rows)


async def latest_cancellation_reason(tx: AsyncConnection, order_id: UUID) -> str | None:
    """Return the reason of the latest cancellation of an order; None if nothing was cancelled."""
    columns = order_cancellations.c
    query = select(columns.reason).where(columns.order_id == order_id)
    latest = query.order_by(columns.created_at.desc(), columns.id.desc()).limit(1)
    reason: str | None = (await tx.execute(latest)).scalar_one_or_none()
    return reason


async def insert_shipment(tx: AsyncConnection, shipment: Shipment) -> None:
    """Insert a shipment and its lines."""
    await insert_row(tx, shipments, shipment)
    lines = [
        {"shipment_id": shipment.id} | to_columns(shipment_lines, part) for part in shipment.lines
    ]
    await tx.execute(insert(shipment_lines), lines)
