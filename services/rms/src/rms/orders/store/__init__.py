"""The tables of orders and what came of them, and their SQL."""

from rms.orders.store.reads import (
    LISTING,
    read,
    read_cancellations,
    read_revisions,
    read_shipment,
    read_shipments,
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
from rms.orders.store.writes import (
    account_name,
    add,
    add_cancellations,
    add_shipment,
    get,
    has_order,
    lock_quote,
    save,
    save_amended,
    save_lines,
)

__all__ = [
    "LISTING",
    "ORDERS",
    "account_name",
    "add",
    "add_cancellations",
    "add_shipment",
    "get",
    "has_order",
    "lock_quote",
    "order_cancellations",
    "order_lines",
    "order_revisions",
    "orders",
    "read",
    "read_cancellations",
    "read_revisions",
    "read_shipment",
    "read_shipments",
    "save",
    "save_amended",
    "save_lines",
    "shipment_lines",
    "shipments",
]
