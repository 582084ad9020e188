"""Cancelling open quantities of order lines, or a whole order of which nothing was shipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from contracts.event import Event
from contracts.rms import events
from kernel.errors import Invalid
from kernel.money import Money
from rms.orders.domain.lines import LinePart
from rms.orders.domain.order import (
    LineQuantity,
    Order,
    OrderMove,
    OrderStatus,
    open_line_quantities,
    quantity_violations,
    recalculated,
)


@dataclass(frozen=True, kw_only=True)
class Cancellation:
    """A cancelled quantity of an order line, its gross amount and the reason; it never changes."""

    id: UUID
    order_id: UUID
    line_id: UUID
    quantity: Decimal
    amount: Money
    reason: str
    actor: str
    created_at: datetime


def cancel(order: Order, *, reason: str, now: datetime) -> tuple[Order, Event | None]:
    """Cancel the whole order; a cancelled order comes back unchanged and without an event.

    Raises RuleBroken (ORDER_PARTLY_SHIPPED, ORDER_SHIPPED).
    """
    if order.status is OrderStatus.CANCELLED:
        return order, None
    order.ensure_allows(OrderMove.CANCEL)
    return _cancelled(order, open_line_quantities(order), reason=reason, now=now)


def cancel_lines(
    order: Order, quantities: Sequence[LineQuantity] | None, *, reason: str, now: datetime
) -> tuple[Order, Event]:
    """Cancel these quantities; None cancels every open quantity.

    Raises RuleBroken (ORDER_NOT_CONFIRMED, ORDER_SHIPPED, ORDER_CANCELLED) and Invalid
    (LINE_UNKNOWN, LINE_REPEATED, QUANTITY_EXCEEDS_OPEN).
    """
    order.ensure_allows(OrderMove.CANCEL_LINES)
    quantities = open_line_quantities(order) if quantities is None else quantities
    violations = quantity_violations(order, quantities)
    if violations:
        raise Invalid(violations)
    return _cancelled(order, quantities, reason=reason, now=now)


def cancelled_parts(before: Order, after: Order) -> list[LinePart]:
    """The parts of the lines that were cancelled between two states of an order."""
    lines = {line.id: line for line in before.lines}
    return [
        LinePart(
            line_id=line.id,
            quantity=line.cancelled_quantity - lines[line.id].cancelled_quantity,
            amount=line.cancelled_amount - lines[line.id].cancelled_amount,
        )
        for line in after.lines
        if line.cancelled_quantity != lines[line.id].cancelled_quantity
    ]


def _cancelled(
    order: Order, quantities: Sequence[LineQuantity], *, reason: str, now: datetime
) -> tuple[Order, Event]:
    """The order after the cancellation, and the event.

    The event's `withdrawn_total` is the confirmed gross amount that is no longer ordered: that of
    the parts, or zero if the order was not confirmed.
    """
    by_line = dict(quantities)
    parts = {one.id: one.next_part(by_line[one.id]) for one in order.lines if one.id in by_line}
    lines = tuple(line.cancel(parts[line.id]) if line.id in parts else line for line in order.lines)
    zero = Money.zero(order.currency)
    withdrawn = sum((part.amount for part in parts.values() if order.confirmed_at), zero)
    order = recalculated(replace(order, lines=lines), now=now)
    event: Event
    if order.status is OrderStatus.CANCELLED:
        order = replace(order, cancelled_at=now)
        event = events.OrderCancelled(
            order=order.state(), reason=reason, cancelled_at=now, withdrawn_total=withdrawn
        )
    else:
        event = events.OrderLinesCancelled(
            order=order.state(),
            lines=tuple(events.CancelledLine.of(part) for part in parts.values()),
            reason=reason,
            withdrawn_total=withdrawn,
        )
    return order, event
