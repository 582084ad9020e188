"""Cancelling what was not shipped: parts of lines, or an order of which nothing left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from contracts.event import Event
from contracts.rms import events as facts
from kernel.errors import Invalid
from kernel.money import Money
from rms.orders.domain.lines import Part
from rms.orders.domain.order import (
    Order,
    OrderStatus,
    Wanted,
    ensure_moves,
    moved,
    open_lines,
    quantity_violations,
)

CANCELS_FROM: Final = frozenset({OrderStatus.OPEN, OrderStatus.CONFIRMED})
CANCELS_LINES_FROM: Final = frozenset({OrderStatus.CONFIRMED, OrderStatus.PARTLY_SHIPPED})


@dataclass(frozen=True, kw_only=True)
class Cancellation:
    """How much of a line will never be shipped, and why; it never changes."""

    id: UUID
    order_id: UUID
    line_id: UUID
    quantity: Decimal
    amount: Money
    reason: str
    actor: str
    created_at: datetime


def cancel(
    order: Order, *, reason: str, now: datetime
) -> tuple[Order, tuple[Part, ...], Event | None]:
    """Nothing of the order will be shipped; the second time nothing happens.

    Raises RuleBroken (ORDER_PARTLY_SHIPPED, ORDER_SHIPPED).
    """
    if order.status is OrderStatus.CANCELLED:
        return order, (), None
    ensure_moves(order, CANCELS_FROM)
    return _cancelled(order, open_lines(order), reason=reason, now=now)


def cancel_lines(
    order: Order, wanted: Sequence[Wanted] | None, *, reason: str, now: datetime
) -> tuple[Order, tuple[Part, ...], Event]:
    """These quantities, or all that is left, will not be shipped.

    Raises RuleBroken (ORDER_NOT_CONFIRMED, ORDER_SHIPPED, ORDER_CANCELLED) and Invalid
    (LINE_UNKNOWN, LINE_REPEATED, QUANTITY_EXCEEDS_OPEN).
    """
    ensure_moves(order, CANCELS_LINES_FROM)
    wanted = open_lines(order) if wanted is None else wanted
    violations = quantity_violations(order, wanted)
    if violations:
        raise Invalid(violations)
    return _cancelled(order, wanted, reason=reason, now=now)


def _cancelled(
    order: Order, wanted: Sequence[Wanted], *, reason: str, now: datetime
) -> tuple[Order, tuple[Part, ...], Event]:
    quantities = dict(wanted)
    parts = {one.id: one.part(quantities[one.id]) for one in order.lines if one.id in quantities}
    lines = tuple(line.cancel(parts[line.id]) if line.id in parts else line for line in order.lines)
    gone, zero = tuple(parts.values()), Money.zero(order.currency)
    withdrawn = sum((part.amount for part in gone if order.confirmed_at), zero)
    order = moved(replace(order, lines=lines), now=now)
    if order.status is OrderStatus.CANCELLED:
        order = replace(order, cancelled_at=now)
        return (
            order,
            gone,
            facts.OrderCancelled(
                order=order.state(), reason=reason, cancelled_at=now, withdrawn_total=withdrawn
            ),
        )
    return (
        order,
        gone,
        facts.OrderLinesCancelled(
            order=order.state(),
            lines=tuple(_state(part) for part in gone),
            reason=reason,
            withdrawn_total=withdrawn,
        ),
    )


def _state(part: Part) -> facts.CancelledLine:
    return facts.CancelledLine(line_id=part.line_id, quantity=part.quantity, amount=part.amount)
