"""The order as the API answers it, with its shipments and the receivables the caller sees."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.records.access.visibility import Visibility, is_visible
from rms.orders.domain.order import Order
from rms.orders.schemas.documents import OrderLineOut, OrderOut
from rms.orders.schemas.summary import OrderSummary
from rms.orders.store.reads import read_all_shipments
from rms.receivables.domain import Receivable
from rms.receivables.schemas import ReceivableOut
from rms.receivables.store import RECEIVABLES, receivables


async def complete_order(
    tx: AsyncConnection, order: Order, receivables_reach: Visibility, *, today: date
) -> OrderOut:
    """The order with its lines, all shipments, and the receivables within `receivables_reach`."""
    summary = OrderSummary.model_validate(order)
    return OrderOut(
        **{name: getattr(summary, name) for name in OrderSummary.model_fields},
        lines=[OrderLineOut.model_validate(line) for line in order.lines],
        shipments=await read_all_shipments(tx, order.id),
        receivables=await _receivables(tx, order.id, receivables_reach, today),
    )


async def _receivables(
    tx: AsyncConnection, order_id: UUID, visibility: Visibility, today: date
) -> list[ReceivableOut]:
    query: Select[Any] = select(receivables).where(
        receivables.c.order_id == order_id, is_visible(RECEIVABLES, visibility)
    )
    rows = await tx.execute(query.order_by(receivables.c.id))
    return [ReceivableOut.of(from_columns(Receivable, row._mapping), today=today) for row in rows]
