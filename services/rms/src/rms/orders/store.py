"""The tables of orders and shipments, and their SQL."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Numeric,
    Select,
    Table,
    Text,
    Uuid,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import enum_column, tenant_column
from chassis.pages import Page, PageParams, fetch_page
from chassis.rows import (
    fetch_row,
    from_columns,
    insert_row,
    money_columns,
    to_columns,
    update_row,
)
from kernel.errors import Conflict, NotFound
from rms.accounts.store import accounts
from rms.database import metadata
from rms.orders.domain.lines import OrderLine, Part
from rms.orders.domain.order import Order, OrderStatus
from rms.orders.domain.shipments import Shipment
from rms.orders.schemas import OrderLineOut, OrderOut, OrderSummary, ShipmentOut
from rms.receivables.domain import Receivable
from rms.receivables.schemas import ReceivableOut
from rms.receivables.store import receivables

QUOTE_LOCKS = 8_264_001  # apart from whatever else is hashed into advisory locks

orders = Table(
    "orders",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("document_no", Text, nullable=False),
    Column("quote_id", Uuid, nullable=False),
    Column("quote_no", Text, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("owner_id", Text),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("status", enum_column(OrderStatus), nullable=False),
    *money_columns("net_total"),
    *money_columns("tax_total"),
    *money_columns("gross_total"),
    *money_columns("shipped_total"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("0 <= shipped_total AND shipped_total <= gross_total", name="shipped"),
    Index(None, "tenant_id", "quote_id", unique=True),
    Index(None, "tenant_id", "document_no", unique=True),
    Index(None, "tenant_id", "opportunity_id", "id"),
    Index(None, "tenant_id", "account_id", "status", "id"),
    Index(None, "tenant_id", "status", "id"),
)

order_lines = Table(
    "order_lines",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("product_id", Uuid, nullable=False),
    Column("sku", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("quantity", Numeric(22, 6), nullable=False),
    Column("shipped_quantity", Numeric(22, 6), nullable=False),
    *money_columns("unit_price"),
    Column("discount_rate", Numeric(9, 6), nullable=False),
    *money_columns("net_amount"),
    Column("tax_rate", Numeric(9, 6), nullable=False),
    *money_columns("tax_amount"),
    *money_columns("gross_amount"),
    *money_columns("shipped_amount"),
    CheckConstraint("0 <= shipped_quantity AND shipped_quantity <= quantity", name="quantity"),
    CheckConstraint("0 <= shipped_amount AND shipped_amount <= gross_amount", name="amount"),
    Index(None, "tenant_id", "order_id", "line_no", unique=True),
)

shipments = Table(
    "shipments",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("document_no", Text, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("shipped_date", Date, nullable=False),
    *money_columns("amount"),
    Column("receivable_id", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index(None, "tenant_id", "document_no", unique=True),
    Index(None, "tenant_id", "order_id", "id"),
)

shipment_lines = Table(
    "shipment_lines",
    metadata,
    tenant_column(),
    Column("shipment_id", Uuid, primary_key=True),
    Column("line_id", Uuid, primary_key=True),
    Column("quantity", Numeric(22, 6), nullable=False),
    *money_columns("amount"),
    CheckConstraint("quantity > 0", name="quantity"),
)


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


async def save_shipped(tx: AsyncConnection, order: Order, parts: Sequence[Part]) -> Order:
    """The order and the lines of which a part has left. Raises Conflict (STALE_WRITE)."""
    saved = await save(tx, order)
    for part in sorted(parts, key=lambda part: part.line_id):
        await ship_line(tx, part)
    return saved


async def ship_line(tx: AsyncConnection, part: Part) -> None:
    """Ship so much more, if so much is left. Raises Conflict (STALE_WRITE) if it is not."""
    columns = order_lines.c
    updated = await tx.execute(
        update(order_lines)
        .where(
            columns.id == part.line_id,
            columns.shipped_quantity + part.quantity <= columns.quantity,
        )
        .values(
            shipped_quantity=columns.shipped_quantity + part.quantity,
            shipped_amount=columns.shipped_amount + part.amount.amount,
        )
        .returning(columns.id)
    )
    if updated.one_or_none() is None:
        raise Conflict("STALE_WRITE", what="order_lines", key=str(part.line_id))


async def add_shipment(tx: AsyncConnection, shipment: Shipment) -> None:
    await insert_row(tx, shipments, shipment)
    lines = [
        {"shipment_id": shipment.id} | to_columns(shipment_lines, part) for part in shipment.lines
    ]
    await tx.execute(insert(shipment_lines), lines)


async def read(tx: AsyncConnection, order_id: UUID, *, today: date) -> OrderOut:
    """The order with all that came of it. Raises NotFound."""
    order = await get(tx, order_id)
    summary = OrderSummary.model_validate(order)
    return OrderOut(
        **{name: getattr(summary, name) for name in OrderSummary.model_fields},
        lines=[OrderLineOut.model_validate(line) for line in order.lines],
        shipments=await _shipments(tx, order_id),
        receivables=await _receivables(tx, order_id, today),
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


async def _receivables(tx: AsyncConnection, order_id: UUID, today: date) -> list[ReceivableOut]:
    owed: Select[Any] = select(receivables).where(receivables.c.order_id == order_id)
    rows = await tx.execute(owed.order_by(receivables.c.id))
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


async def read_page(
    tx: AsyncConnection,
    page: PageParams,
    *,
    status: OrderStatus | None,
    account_id: UUID | None,
    quote_id: UUID | None,
    opportunity_id: UUID | None,
) -> Page[OrderSummary]:
    """Newest first."""
    wanted = {
        "status": status,
        "account_id": account_id,
        "quote_id": quote_id,
        "opportunity_id": opportunity_id,
    }
    query: Select[Any] = select(orders)
    for name, value in wanted.items():
        if value is not None:
            query = query.where(orders.c[name] == value)
    return await fetch_page(
        tx,
        query,
        page,
        shape=lambda row: OrderSummary.model_validate(from_columns(Order, row, lines=())),
    )
