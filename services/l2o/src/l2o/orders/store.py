"""The replica of the orders of RMS."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Index, Numeric, Table, Text, Uuid

from chassis.database.columns import replica_columns
from chassis.events.replicas import Copy
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
    Index(None, "tenant_id", "account_id"),
)


def _columns(order: OrderState) -> Mapping[str, Any]:
    return {"ordered": ordered_amount(order).amount, "shipped": order.shipped_total.amount}


ORDER_COPY = Copy(OrderState, orders, columns=_columns)
