"""Lists of orders, and reads of their shipments, revisions and cancellations for the API."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_row, from_columns
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, upper_case
from chassis.web.pages import Page, PageParams, fetch_page
from kernel.errors import NotFound
from rms.orders.domain.amendments import Revision
from rms.orders.domain.cancellations import Cancellation
from rms.orders.domain.lines import LinePart
from rms.orders.domain.order import Order
from rms.orders.domain.shipments import Shipment
from rms.orders.schemas.documents import CancellationOut, RevisionOut, ShipmentLineOut, ShipmentOut
from rms.orders.schemas.summary import OrderSummary
from rms.orders.store.tables import (
    ORDERS,
    order_cancellations,
    order_lines,
    order_revisions,
    orders,
    shipment_lines,
    shipments,
)

_OF_LINE = (order_lines.c.line_no, order_lines.c.sku, order_lines.c.name)


async def read_all_shipments(tx: AsyncConnection, order_id: UUID) -> list[ShipmentOut]:
    """All shipments of an order with their lines, the oldest first."""
    of_order: Select[Any] = select(shipments).where(shipments.c.order_id == order_id)
    rows = await tx.execute(of_order.order_by(shipments.c.id))
    return await _shipments_with_lines(tx, rows.mappings().all())


async def _shipments_with_lines(
    tx: AsyncConnection, rows: Sequence[Mapping[str, Any]]
) -> list[ShipmentOut]:
    """The shipments of these rows in the same sequence; their lines are sorted by line number."""
    if not rows:
        return []
    parts: dict[UUID, list[ShipmentLineOut]] = defaultdict(list)
    of_these_shipments = shipment_lines.c.shipment_id.in_([row["id"] for row in rows])
    same_line = order_lines.c.id == shipment_lines.c.line_id
    lines: Select[Any] = select(shipment_lines, *_OF_LINE).join(order_lines, same_line)
    lines = lines.where(of_these_shipments)
    for line in await tx.execute(lines.order_by(order_lines.c.line_no)):
        shown = {**vars(from_columns(LinePart, line._mapping)), **_line_names(line._mapping)}
        parts[line.shipment_id].append(ShipmentLineOut.model_validate(shown))
    complete = [vars(from_columns(Shipment, row, lines=tuple(parts[row["id"]]))) for row in rows]
    return [ShipmentOut.model_validate(shipment) for shipment in complete]


def _line_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """The number, SKU and product name of an order line, read beside one of its parts."""
    return {column.name: row[column.name] for column in _OF_LINE}


async def read_shipment(tx: AsyncConnection, order_id: UUID, shipment_id: UUID) -> ShipmentOut:
    """One shipment of an order. Raises NotFound."""
    for shipment in await read_all_shipments(tx, order_id):
        if shipment.id == shipment_id:
            return shipment
    raise NotFound("shipment", shipment_id)


async def read_shipments(
    tx: AsyncConnection, order_id: UUID, page: PageParams
) -> Page[ShipmentOut]:
    """A page of an order's shipments, the newest first. Raises NotFound for an unknown order."""
    await fetch_row(tx, orders, order_id, Order, lines=())
    of_order: Select[Any] = select(shipments).where(shipments.c.order_id == order_id)
    rows = await fetch_page(tx, of_order, page, shape=lambda row: row)
    return Page(items=await _shipments_with_lines(tx, rows.items), next_cursor=rows.next_cursor)


async def read_revisions(
    tx: AsyncConnection, order_id: UUID, page: PageParams
) -> Page[RevisionOut]:
    """A page of an order's states before its amendments, newest first. Raises NotFound."""
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
    """A page of an order's cancelled line quantities, the newest first. Raises NotFound."""
    await fetch_row(tx, orders, order_id, Order, lines=())
    cancelled = order_cancellations.c.order_id == order_id
    same_line = order_lines.c.id == order_cancellations.c.line_id
    of_order: Select[Any] = select(order_cancellations, *_OF_LINE).join(order_lines, same_line)
    of_order = of_order.where(cancelled)
    return await fetch_page(
        tx,
        of_order,
        page,
        shape=lambda row: CancellationOut.model_validate(
            {**vars(from_columns(Cancellation, row)), **_line_names(row)}
        ),
    )


ORDER_LISTING = Listing(
    ORDERS,
    OrderSummary,
    shape=lambda row: OrderSummary.model_validate(from_columns(Order, row, lines=())),
    filters=[
        "status",
        "owner_id",
        "account_id",
        "quote_id",
        "opportunity_id",
        CodeFilter("document_no", upper_case),
        "customer_order_no",
        "account_name",
        "gross_total",
        CodeFilter("gross_total_currency", upper_case),
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
    words=["document_no", "account_name"],
    custom=custom_conditions,
)
