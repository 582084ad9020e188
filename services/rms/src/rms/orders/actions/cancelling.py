"""What was not shipped of an order never will be."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.event import Event
from kernel.ids import new_id
from rms.orders import store
from rms.orders.actions.prepayments import bill_ahead
from rms.orders.domain.cancellations import Cancellation, cancel, cancel_lines
from rms.orders.domain.lines import Part
from rms.orders.domain.order import Order, Wanted


async def cancel_order(
    tx: AsyncConnection,
    order_id: UUID,
    *,
    reason: str,
    actor: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Ship nothing of the order and publish it; nothing if it is cancelled.

    What was prepaid for it is withdrawn. Raises NotFound, RuleBroken (ORDER_PARTLY_SHIPPED,
    ORDER_SHIPPED, PREPAYMENT_ALLOCATED).
    """
    before = await store.get(tx, order_id, lock=True)
    order, parts, cancelled = cancel(before, reason=reason, now=now)
    if cancelled is not None:
        expected.check(before)
        await _cancel(tx, order, parts, cancelled, reason=reason, actor=actor)
        await bill_ahead(tx, before, order, now=now)


async def cancel_order_lines(
    tx: AsyncConnection,
    order_id: UUID,
    wanted: Sequence[Wanted] | None,
    *,
    reason: str,
    actor: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Do not ship these quantities, or anything that is left, and publish it.

    What was prepaid for it is withdrawn. Raises NotFound, RuleBroken (PREPAYMENT_ALLOCATED), and
    as `cancel_lines` does.
    """
    before = await store.get(tx, order_id, lock=True)
    expected.check(before)
    order, parts, cancelled = cancel_lines(before, wanted, reason=reason, now=now)
    await _cancel(tx, order, parts, cancelled, reason=reason, actor=actor)
    await bill_ahead(tx, before, order, now=now)


async def _cancel(
    tx: AsyncConnection,
    order: Order,
    parts: Sequence[Part],
    cancelled: Event,
    *,
    reason: str,
    actor: str,
) -> None:
    made = [
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
    order = await store.save_lines(tx, order, [part.line_id for part in parts])
    await store.add_cancellations(tx, made)
    await publish(tx, cancelled, of=order)
