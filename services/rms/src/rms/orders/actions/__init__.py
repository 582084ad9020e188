"""What is done with orders."""

from rms.orders.actions.cancelling import cancel_order, cancel_order_lines
from rms.orders.actions.moves import amend_order, confirm_order, create_order
from rms.orders.actions.records import edit_order, transfer_order
from rms.orders.actions.shipping import ship_order

__all__ = [
    "amend_order",
    "cancel_order",
    "cancel_order_lines",
    "confirm_order",
    "create_order",
    "edit_order",
    "ship_order",
    "transfer_order",
]
