"""Commands that cancel an order or open quantities of its lines."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from chassis.records.record_commands import AlreadyMade, move_record, save_record
from chassis.web.commands import Command
from contracts.event import Event
from kernel.ids import new_id
from rms.orders.actions.prepayments import adjust_prepayment
from rms.orders.domain.cancellations import Cancellation, cancel, cancel_lines, cancelled_parts
from rms.orders.domain.order import LineQuantity, Order
from rms.orders.store.writes import ORDER, insert_cancellations, latest_cancellation_reason


async def cancel_order(command: Command, order_id: UUID, *, reason: str) -> Order:
    """Cancel an order, withdraw its prepayment and publish both; a cancelled order stays as it is.

    Raises NotFound, RuleBroken (ORDER_PARTLY_SHIPPED, ORDER_SHIPPED, PREPAYMENT_ALLOCATED),
    Conflict (MOVE_MADE_OTHERWISE).
    """

    def move(order: Order) -> tuple[Order, Event] | AlreadyMade:
        cancelled, event = cancel(order, reason=reason, now=command.now)
        if event is None:
            return AlreadyMade(partial(_was_cancelled_for, command, order_id, reason))
        return cancelled, event

    save = partial(_save_cancellation, command, reason)
    return await move_record(command, ORDER, order_id, move, save=save)


async def cancel_order_lines(
    command: Command, order_id: UUID, quantities: Sequence[LineQuantity] | None, *, reason: str
) -> Order:
    """Cancel these quantities, or with None every open one, and publish it.

    The prepayment shrinks accordingly. Raises NotFound, RuleBroken (PREPAYMENT_ALLOCATED), and what
    `cancel_lines` raises.
    """

    def move(order: Order) -> tuple[Order, Event]:
        return cancel_lines(order, quantities, reason=reason, now=command.now)

    save = partial(_save_cancellation, command, reason)
    return await move_record(command, ORDER, order_id, move, save=save)


async def _was_cancelled_for(command: Command, order_id: UUID, reason: str) -> bool:
    """Whether this is the reason of the latest cancellation."""
    return await latest_cancellation_reason(command.tx, order_id) in (reason, None)


async def _save_cancellation(
    command: Command, reason: str, before: Order, after: Order, event: Event | None
) -> Order:
    assert command.actor is not None
    cancellations = [
        Cancellation(
            id=new_id(),
            order_id=before.id,
            line_id=part.line_id,
            quantity=part.quantity,
            amount=part.amount,
            reason=reason,
            actor=command.actor,
            created_at=command.now,
        )
        for part in cancelled_parts(before, after)
    ]
    order = await save_record(command, ORDER, before, after, event)
    await insert_cancellations(command.tx, cancellations)
    await adjust_prepayment(command, before, order)
    return order
