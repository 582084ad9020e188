"""Commands that edit an order's notes and transfer it to another owner."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.rms.events import OrderChanged
from rms.orders.domain.order import Order
from rms.orders.store.tables import ORDERS
from rms.orders.store.writes import get_order, save_order


async def edit_order(
    tx: AsyncConnection,
    order_id: UUID,
    edit: Callable[[Order], Order],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Change the customer's order number, note and custom fields, and publish the order.

    An edit without effect publishes nothing.
    Raises NotFound, Invalid, RuleBroken (ORDER_CANCELLED).
    """
    before = await get_order(tx, order_id, lock=True)
    before.ensure_editable()
    edited = edit(before)
    fields = await validated_custom_fields(
        tx, ORDERS.resource, edited.custom_fields, before=before.custom_fields
    )
    after = replace(edited, custom_fields=fields)
    if after == before:
        return
    expected.check(before)
    order = await save_order(tx, replace(after, updated_at=now))
    await publish(tx, OrderChanged(order=order.state()), of=order)
