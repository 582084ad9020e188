"""Commands that cancel an order or open quantities of its lines."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.event import Event
from kernel.ids import new_id
from rms.orders.actions.prepayments import adjust_prepayment
from rms.orders.domain.cancellations import Cancellation, cancel, cancel_lines
from rms.orders.domain.lines import LinePart
from rms.orders.domain.order import LineQuantity, Order
from rms.orders.store.writes import get_order, insert_cancellations, save_order_lines


async def cancel_order(
    tx: AsyncConnection,
    order_id: UUID,
    *,
    reason: str,
    actor: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Cancel an order, withdraw its prepayment and publish both; a cancelled order stays as it is.

    Raises NotFound, RuleBroken (ORDER_PARTLY_SHIPPED, ORDER_SHIPPED, PREPAYMENT_ALLOCATED).
    """
    before = await get_order(tx, order_id, lock=True)
    order, parts, event = cancel(before, reason=reason, now=now)
    if event is not None:
        expected.check(before)
        await _save_cancellation(tx, order, parts, event, reason=reason, actor=actor)
        await adjust_prepayment(tx, before, order, now=now)


async def cancel_order_lines(
    tx: AsyncConnection,
    order_id: UUID,
    quantities: Sequence[LineQuantity] | None,
    *,
    reason: str,
    actor: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Cancel these quantities, or with None every open one, and publish it.

    The prepayment shrinks accordingly. Raises NotFound, RuleBroken (PREPAYMENT_ALLOCATED), and what
    `cancel_lines` raises.
    """
    before = await get_order(tx, order_id, lock=True)
    expected.check(before)
    order, parts, event = cancel_lines(before, quantities, reason=reason, now=now)
    await _save_cancellation(tx, order, parts, event, reason=reason, actor=actor)
    await adjust_prepayment(tx, before, order, now=now)


async def _save_cancellation(
    tx: AsyncConnection,
    order: Order,
    parts: Sequence[LinePart],
    event: Event,
    *,
    reason: str,
    actor: str,
) -> None:
    cancellations = [
        Cancellation(
            id=new_id(),
            order_id=order.id,
            line_id=part.line_id,
            quantity=part.quantity,
            amount=part.amount,
            reason=reason,
            actor=actor,
            created_at=order.updated_at,
        )
        for part in parts
    ]
    order = await save_order_lines(tx, order, [part.line_id for part in parts])
    await insert_cancellations(tx, cancellations)
    await publish(tx, event, of=order)
