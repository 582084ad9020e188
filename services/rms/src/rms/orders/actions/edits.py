"""The command that edits an order's notes."""

from collections.abc import Callable
from uuid import UUID

from chassis.records.record_commands import edit_record
from chassis.web.commands import Command
from rms.orders.domain.order import Order, OrderMove
from rms.orders.store.writes import ORDER


async def edit_order(command: Command, order_id: UUID, edit: Callable[[Order], Order]) -> Order:
    """Change the customer's order number, note and custom fields, and publish the order.

    Raises what `edit_record` raises, RuleBroken (ORDER_CANCELLED).
    """

    def edit_notes(order: Order) -> Order:
        order.ensure_allows(OrderMove.EDIT)
        return edit(order)

    return await edit_record(command, ORDER, order_id, edit_notes)
