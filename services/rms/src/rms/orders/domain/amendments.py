"""Amending an order before anything is shipped: quantities, lines, date and payment term."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from contracts.rms import events
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.money import Money
from kernel.taxes import TaxRounding, taxes_of
from rms.orders.domain.lines import OrderLine
from rms.orders.domain.order import (
    LineQuantity,
    Order,
    OrderMove,
    recalculated,
)
from rms.payment_terms.domain import AgreedTerm


@dataclass(frozen=True, kw_only=True)
class Amendment:
    """The requested changes; everything else stays, and so do the unit prices."""

    quantities: Sequence[LineQuantity] = ()
    removed: Sequence[UUID] = ()
    requested_date: date | None = None
    payment_term: AgreedTerm | None = None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Revision:
    """The state of an order before an amendment, and the reason; it never changes."""

    id: UUID
    order_id: UUID
    revision: int
    reason: str
    actor: str
    state: events.OrderState
    created_at: datetime


def amend(
    order: Order, amendment: Amendment, *, today: date, now: datetime
) -> tuple[Order, events.OrderAmended | None]:
    """Amend the order; it must be confirmed (again) afterwards.

    An amendment without effect returns the order unchanged and no event. The event's
    `withdrawn_total` is the gross total that was confirmed before, zero if it was not confirmed.
    Raises RuleBroken (ORDER_PARTLY_SHIPPED, ORDER_SHIPPED, ORDER_CANCELLED, ORDER_LINES_CANCELLED)
    and Invalid (LINE_UNKNOWN, LINE_REPEATED, ORDER_EMPTY, DATE_IN_PAST).
    """
    order.ensure_allows(OrderMove.AMEND)
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
    confirmed_total = order.gross_total if order.confirmed_at else Money.zero(order.currency)
    amended = replace(_with_totals(amended), confirmed_at=None, revision=order.revision + 1)
    amended = recalculated(amended, now=now)
    return amended, events.OrderAmended(
        order=amended.state(), reason=amendment.reason, withdrawn_total=confirmed_total
    )


def _lines(order: Order, amendment: Amendment) -> tuple[OrderLine, ...]:
    quantities = dict(amendment.quantities)
    remaining = [line for line in order.lines if line.id not in set(amendment.removed)]
    lines = [line.with_quantity(quantities.get(line.id, line.quantity)) for line in remaining]
    return _with_taxes(order, lines)


def _with_taxes(order: Order, lines: Sequence[OrderLine]) -> tuple[OrderLine, ...]:
    """The amended lines, taxed anew by the order's policy.

    Per line, these are the changed lines; per document, all lines whose tax rate a changed or
    removed line has.
    """
    affected = {line for line in lines if line not in order.lines}
    if order.tax_rounding is TaxRounding.DOCUMENT:
        rates = {line.tax_rate for line in set(order.lines) - set(lines)}
        affected = {line for line in lines if line.tax_rate in rates}
    taxed = [line for line in lines if line in affected]
    nets, rates_of = [line.net_amount for line in taxed], [line.tax_rate for line in taxed]
    taxes = taxes_of(nets, rates_of, order.tax_rounding)
    by_id = {line.id: line.taxed(tax) for line, tax in zip(taxed, taxes, strict=True)}
    return tuple(by_id.get(line.id, line) for line in lines)


def _with_totals(order: Order) -> Order:
    zero = Money.zero(order.currency)
    return replace(
        order,
        net_total=sum((line.net_amount for line in order.lines), zero),
        tax_total=sum((line.tax_amount for line in order.lines), zero),
        gross_total=sum((line.gross_amount for line in order.lines), zero),
    )


def _violations(order: Order, amendment: Amendment, today: date) -> Iterator[Violation]:
    order_line_ids = {line.id for line in order.lines}
    references = [
        (f"/lines/{n}/line_id", one.line_id) for n, one in enumerate(amendment.quantities)
    ]
    references += [(f"/removed_line_ids/{n}", one) for n, one in enumerate(amendment.removed)]
    seen: set[UUID] = set()
    for pointer, line_id in references:
        if line_id not in order_line_ids:
            yield Violation(pointer, "LINE_UNKNOWN")
        elif line_id in seen:
            yield Violation(pointer, "LINE_REPEATED")
        seen.add(line_id)
    if order_line_ids <= set(amendment.removed):
        yield Violation("/removed_line_ids", "ORDER_EMPTY")
    if amendment.requested_date is not None and amendment.requested_date < today:
        yield Violation("/requested_date", "DATE_IN_PAST", {"today": str(today)})
