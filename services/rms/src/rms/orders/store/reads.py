"""Reading orders and what came of them, straight into answers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_row, from_columns
from chassis.records.access.visibility import Visibility, visible
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.web.pages import Page, PageParams, fetch_page
from kernel.errors import NotFound
from rms.orders.domain.amendments import Revision
from rms.orders.domain.cancellations import Cancellation
from rms.orders.domain.lines import Part
from rms.orders.domain.order import Order
from rms.orders.domain.shipments import Shipment
from rms.orders.schemas import (
    CancellationOut,
    OrderLineOut,
    OrderOut,
    OrderSummary,
    RevisionOut,
    ShipmentOut,
)
from rms.orders.store.tables import (
    ORDERS,
    order_cancellations,
    order_lines,
    order_revisions,
    orders,
    shipment_lines,
    shipments,
)
from rms.orders.store.writes import get
from rms.receivables.domain import Receivable
from rms.receivables.schemas import ReceivableOut
from rms.receivables.store import RECEIVABLES, receivables


async def read(tx: AsyncConnection, order_id: UUID, owed: Visibility, *, today: date) -> OrderOut:
    """The order with all that came of it; of its receivables those in reach. Raises NotFound."""
    order = await get(tx, order_id)
    summary = OrderSummary.model_validate(order)
    return OrderOut(
        **{name: getattr(summary, name) for name in OrderSummary.model_fields},
        lines=[OrderLineOut.model_validate(line) for line in order.lines],
        shipments=await _shipments(tx, order_id),
        receivables=await _receivables(tx, order_id, owed, today),
    )


async def _shipments(tx: AsyncConnection, order_id: UUID) -> list[ShipmentOut]:
    of_order: Select[Any] = select(shipments).where(shipments.c.order_id == order_id)
    rows = await tx.execute(of_order.order_by(shipments.c.id))
    return await _with_lines(tx, rows.mappings().all())


async def _with_lines(tx: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> list[ShipmentOut]:
    """Shipments as they come, each with its lines in the order of the order's."""
    parts: dict[UUID, list[Part]] = defaultdict(list)
    of_shipments = shipment_lines.c.shipment_id.in_([row["id"] for row in rows])
    in_order = order_lines.c.id == shipment_lines.c.line_id
    lines: Select[Any] = select(shipment_lines).join(order_lines, in_order).where(of_shipments)
    for line in await tx.execute(lines.order_by(order_lines.c.line_no)):
        parts[line.shipment_id].append(from_columns(Part, line._mapping))
    whole = [from_columns(Shipment, row, lines=tuple(parts[row["id"]])) for row in rows]
    return [ShipmentOut.model_validate(shipment) for shipment in whole]


async def _receivables(
    tx: AsyncConnection, order_id: UUID, owed: Visibility, today: date
) -> list[ReceivableOut]:
    seen = (receivables.c.order_id == order_id, visible(RECEIVABLES, owed))
    query: Select[Any] = select(receivables).where(*seen)
    rows = await tx.execute(query.order_by(receivables.c.id))
    return [ReceivableOut.of(from_columns(Receivable, r._mapping), today=today) for r in rows]


async def read_shipment(tx: AsyncConnection, order_id: UUID, shipment_id: UUID) -> ShipmentOut:
    """Raises NotFound."""
    for shipment in await _shipments(tx, order_id):
        if shipment.id == shipment_id:
            return shipment
    raise NotFound("shipment", shipment_id)


async def read_shipments(
    tx: AsyncConnection, order_id: UUID, page: PageParams
) -> Page[ShipmentOut]:
    """Newest first. Raises NotFound where there is no such order."""
    await fetch_row(tx, orders, order_id, Order, lines=())
    of_order: Select[Any] = select(shipments).where(shipments.c.order_id == order_id)
    found = await fetch_page(tx, of_order, page, shape=lambda row: row)
    return Page(items=await _with_lines(tx, found.items), next_cursor=found.next_cursor)


async def read_revisions(
    tx: AsyncConnection, order_id: UUID, page: PageParams
) -> Page[RevisionOut]:
    """How the order stood before each amendment, newest first. Raises NotFound."""
    await fetch_row(tx, orders, order_id, Order, lines=())
    of_order: Select[Any] = select(order_revisions).where(order_revisions.c.order_id == order_id)
    return await fetch_page(
        tx,
        of_order,
        page,
        shape=lambda row: RevisionOut.model_validate(from_columns(Revision, row)),
    )


async def read_cancellations(
    tx: AsyncConnection, order_id: UUID, page: PageParams
) -> Page[CancellationOut]:
    """What of the order will never be shipped, newest first. Raises NotFound."""
    await fetch_row(tx, orders, order_id, Order, lines=())
    cancelled = order_cancellations.c.order_id == order_id
    of_order: Select[Any] = select(order_cancellations).where(cancelled)
    return await fetch_page(
        tx,
        of_order,
        page,
        shape=lambda row: CancellationOut.model_validate(from_columns(Cancellation, row)),
    )


LISTING = Listing(
    ORDERS,
    OrderSummary,
    shape=lambda row: OrderSummary.model_validate(from_columns(Order, row, lines=())),
    filters=[
        "status",
        "owner_id",
        "account_id",
        "quote_id",
        "opportunity_id",
        "document_no",
        "customer_order_no",
        "account_name",
        "gross_total",
        "gross_total_currency",
        "requested_date",
        "created_at",
        "updated_at",
    ],
    sorts=[
        "created_at",
        "updated_at",
        "requested_date",
        "gross_total",
        "document_no",
        "customer_order_no",
        "account_name",
        "status,created_at",
    ],
    words=["account_name"],
    custom=custom_conditions,
)
