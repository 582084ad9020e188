"""Amending an order before anything of it was shipped: other quantities, fewer lines, terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from contracts.rms import events as facts
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.money import Money
from rms.orders.domain.lines import OrderLine
from rms.orders.domain.order import Order, OrderStatus, Wanted, ensure_moves, moved
from rms.orders.domain.tax import RETAXED, of_quantity
from rms.payment_terms.domain import Term

AMENDS_FROM: Final = frozenset({OrderStatus.OPEN, OrderStatus.CONFIRMED})


@dataclass(frozen=True, kw_only=True)
class Amendment:
    """What shall be otherwise; what is not named stays. Unit prices stay as they were agreed."""

    quantities: Sequence[Wanted] = ()
    removed: Sequence[UUID] = ()
    requested_date: date | None = None
    payment_term: Term | None = None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Revision:
    """How an order stood before an amendment, and why it was amended; it never changes."""

    id: UUID
    order_id: UUID
    revision: int
    reason: str
    actor: str
    state: facts.OrderState
    created_at: datetime


def amend(
    order: Order, amendment: Amendment, *, today: date, now: datetime
) -> tuple[Order, facts.OrderAmended | None]:
    """The order as amended, to be confirmed (again); no fact where nothing is otherwise.

    Raises RuleBroken (ORDER_PARTLY_SHIPPED, ORDER_SHIPPED, ORDER_CANCELLED, ORDER_LINES_CANCELLED)
    and Invalid (LINE_UNKNOWN, LINE_REPEATED, ORDER_EMPTY, DATE_IN_PAST).
    """
    ensure_moves(order, AMENDS_FROM)
    if any(line.cancelled_quantity for line in order.lines):
        raise RuleBroken("ORDER_LINES_CANCELLED", document_no=order.document_no)
    violations = list(_violations(order, amendment, today))
    if violations:
        raise Invalid(violations)
    amended = replace(
        order,
        lines=_lines(order, amendment),
        requested_date=amendment.requested_date or order.requested_date,
        payment_term=amendment.payment_term or order.payment_term,
    )
    if amended == order:
        return order, None
    confirmed = order.gross_total if order.confirmed_at else Money.zero(order.currency)
    amended = replace(_summed(amended), confirmed_at=None, revision=order.revision + 1)
    amended = moved(amended, now=now)
    return amended, facts.OrderAmended(
        order=amended.state(), reason=amendment.reason, withdrawn_total=confirmed
    )


def _lines(order: Order, amendment: Amendment) -> tuple[OrderLine, ...]:
    quantities = dict(amendment.quantities)
    kept = [line for line in order.lines if line.id not in set(amendment.removed)]
    lines = [_line(line, quantities.get(line.id, line.quantity)) for line in kept]
    changed = {line.tax_rate for line in set(order.lines) - set(lines)}
    return RETAXED[order.tax_rounding](lines, changed)


def _line(line: OrderLine, quantity: Decimal) -> OrderLine:
    return line if quantity == line.quantity else of_quantity(line, quantity)


def _summed(order: Order) -> Order:
    zero = Money.zero(order.currency)
    return replace(
        order,
        net_total=sum((line.net_amount for line in order.lines), zero),
        tax_total=sum((line.tax_amount for line in order.lines), zero),
        gross_total=sum((line.gross_amount for line in order.lines), zero),
    )


def _violations(order: Order, amendment: Amendment, today: date) -> Iterator[Violation]:
    known = {line.id for line in order.lines}
    named = [(f"/lines/{n}/line_id", one.line_id) for n, one in enumerate(amendment.quantities)]
    named += [(f"/removed_line_ids/{n}", one) for n, one in enumerate(amendment.removed)]
    seen: set[UUID] = set()
    for pointer, line_id in named:
        if line_id not in known:
            yield Violation(pointer, "LINE_UNKNOWN")
        elif line_id in seen:
            yield Violation(pointer, "LINE_REPEATED")
        seen.add(line_id)
    if known <= set(amendment.removed):
        yield Violation("/removed_line_ids", "ORDER_EMPTY")
    if amendment.requested_date is not None and amendment.requested_date < today:
        yield Violation("/requested_date", "DATE_IN_PAST", {"today": str(today)})
