"""The replica of the orders of RMS."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    Numeric,
    Table,
    Text,
    Uuid,
    false,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns
from chassis.events.replicas import OWN_MARK, Copy
from contracts.rms.events import OrderState
from l2o.database import metadata
from l2o.orders.domain import ordered_amount

orders = Table(
    "orders",
    metadata,
    *replica_columns(),
    Column("document_no", Text, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("currency", Text, nullable=False),
    Column("ordered", Numeric(22, 6), nullable=False),
    Column("shipped", Numeric(22, 6), nullable=False),
    Column("created_at", DateTime(timezone=True)),
    # Whether the RFM scores know this version of the order.
    Column("is_counted", Boolean, nullable=False, server_default=false(), info=OWN_MARK),
    Index(None, "tenant_id", "account_id"),
    Index(
        "ix_orders_uncounted", "tenant_id", "account_id", postgresql_where=text("NOT is_counted")
    ),
)


def _columns(order: OrderState) -> Mapping[str, Any]:
    return {
        "ordered": ordered_amount(order).amount,
        "shipped": order.shipped_total.amount,
        "is_counted": False,
    }


ORDER_COPY = Copy(OrderState, orders, columns=_columns)


async def take_uncounted(tx: AsyncConnection) -> set[UUID]:
    """Mark all orders as counted; return the accounts of those that were not."""
    counted = update(orders).where(~orders.c.is_counted).values(is_counted=True)
    return set((await tx.execute(counted.returning(orders.c.account_id))).scalars())
