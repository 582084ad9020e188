"""An order: confirmed, then shipped (or cancelled) in parts until nothing is left.

Its status follows from `confirmed_at` and the lines' quantities; nobody types it in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from contracts.rms import events as facts
from kernel.decimals import plain_text
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.money import Money
from rms.orders.domain.lines import OrderLine, Part
from rms.orders.domain.shipments import Shipment
from rms.orders.domain.tax import TaxRounding
from rms.payment_terms.domain import Term


class OrderStatus(StrEnum):
    """How far an order is."""

    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    PARTLY_SHIPPED = "PARTLY_SHIPPED"
    SHIPPED = "SHIPPED"
    CANCELLED = "CANCELLED"


# The moves: what may be done in which status, and how the others refuse it. Confirming an order
# that is confirmed answers the order as it is.
CONFIRMS_FROM: Final = frozenset({OrderStatus.OPEN})
SHIPS_FROM: Final = frozenset({OrderStatus.CONFIRMED, OrderStatus.PARTLY_SHIPPED})
EDITS_FROM: Final = frozenset(OrderStatus) - {OrderStatus.CANCELLED}
REFUSALS: Final = {
    OrderStatus.OPEN: "ORDER_NOT_CONFIRMED",
    OrderStatus.PARTLY_SHIPPED: "ORDER_PARTLY_SHIPPED",
    OrderStatus.SHIPPED: "ORDER_SHIPPED",
    OrderStatus.CANCELLED: "ORDER_CANCELLED",
}


def status_of(confirmed_at: datetime | None, lines: Sequence[OrderLine]) -> OrderStatus:
    """The status these facts amount to."""
    if all(line.is_cancelled for line in lines):
        return OrderStatus.CANCELLED
    if confirmed_at is None:
        return OrderStatus.OPEN
    if all(line.open_quantity == 0 for line in lines):
        return OrderStatus.SHIPPED
    if any(line.shipped_quantity > 0 for line in lines):
        return OrderStatus.PARTLY_SHIPPED
    return OrderStatus.CONFIRMED


class Wanted(NamedTuple):
    """What a caller wants shipped or cancelled of a line, or what it shall count."""

    line_id: UUID
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order with its lines; its status and sums are worked out by every move.

    `revision` counts its amendments, from 1 on; `requested_date` is when the customer wants it;
    `prepaid_total` is owed since the confirmation, before anything is shipped.
    """

    id: UUID
    document_no: str
    quote_id: UUID
    quote_no: str
    opportunity_id: UUID
    account_id: UUID
    account_name: str
    owner_id: str | None
    revision: int = 1
    requested_date: date | None = None
    payment_term: Term
    tax_rounding: TaxRounding
    confirmed_at: datetime | None = None
    cancelled_at: datetime | None = None
    status: OrderStatus = OrderStatus.OPEN
    net_total: Money
    tax_total: Money
    gross_total: Money
    shipped_total: Money
    cancelled_total: Money
    prepaid_total: Money
    customer_order_no: str | None = None
    note: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[OrderLine, ...]
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def currency(self) -> str:
        return self.gross_total.currency

    def created(self) -> facts.OrderCreated:
        """The fact of its creation."""
        return facts.OrderCreated(order=self.state())

    def confirm(self, *, now: datetime) -> tuple[Order, facts.OrderConfirmed | None]:
        """The order binds both sides; the second time nothing happens and there is no fact.

        Raises RuleBroken (ORDER_CANCELLED).
        """
        if self.confirmed_at is not None:
            return self, None
        ensure_moves(self, CONFIRMS_FROM)
        order = moved(replace(self, confirmed_at=now), now=now)
        return order, facts.OrderConfirmed(order=order.state(), confirmed_at=now)

    def parts(
        self, wanted: Sequence[Wanted] | None, *, shipped_date: date, earliest: date, today: date
    ) -> tuple[Part, ...]:
        """What a shipment of these quantities carries; without them all that is left.

        `earliest` is the business day of the order. Raises RuleBroken (ORDER_NOT_CONFIRMED,
        ORDER_SHIPPED, ORDER_CANCELLED) and Invalid (DATE_BEFORE_ORDER, DATE_IN_FUTURE,
        LINE_UNKNOWN, LINE_REPEATED, QUANTITY_EXCEEDS_OPEN).
        """
        ensure_moves(self, SHIPS_FROM)
        wanted = open_lines(self) if wanted is None else wanted
        violations = quantity_violations(self, wanted)
        if shipped_date < earliest:
            params = {"earliest": str(earliest)}
            violations.append(Violation("/shipped_date", "DATE_BEFORE_ORDER", params))
        if shipped_date > today:
            violations.append(Violation("/shipped_date", "DATE_IN_FUTURE", {"today": str(today)}))
        if violations:
            raise Invalid(violations)
        quantities = dict(wanted)
        lines = [line for line in self.lines if line.id in quantities]
        return tuple(line.part(quantities[line.id]) for line in lines)

    def ship(self, parts: Sequence[Part], *, now: datetime) -> Order:
        """The order once these parts have left."""
        by_line = {part.line_id: part for part in parts}
        lines = tuple(
            line.ship(by_line[line.id]) if line.id in by_line else line for line in self.lines
        )
        return moved(replace(self, lines=lines), now=now)

    def shipped_since(self, before: Order) -> tuple[Money, Money]:
        """What has left since then, and what of it was owed before, as a prepayment."""
        ahead = self.payment_term.prepaid
        deducted = ahead(self.shipped_total) - ahead(before.shipped_total)
        return self.shipped_total - before.shipped_total, deducted

    def shipped(self, shipment: Shipment, receivable_ids: Sequence[UUID]) -> facts.OrderShipped:
        """The fact that this shipment left, the last of this order so far."""
        state = shipment.state(self.lines, receivable_ids)
        return facts.OrderShipped(order=self.state(), shipment=state)

    def assign(
        self, owner_id: str, *, actor: str, reason: str | None, now: datetime
    ) -> tuple[Order, facts.OrderAssigned]:
        """It has another owner from now on."""
        order = replace(self, owner_id=owner_id, updated_at=now)
        assigned = facts.OrderAssigned(
            order=order.state(),
            from_owner_id=self.owner_id,
            assigned_by=actor,
            reason=reason,
        )
        return order, assigned

    def ensure_editable(self) -> None:
        """Raises RuleBroken (ORDER_CANCELLED)."""
        ensure_moves(self, EDITS_FROM)

    def state(self) -> facts.OrderState:
        return facts.OrderState(
            order_id=self.id,
            document_no=self.document_no,
            quote_id=self.quote_id,
            quote_no=self.quote_no,
            opportunity_id=self.opportunity_id,
            account_id=self.account_id,
            account_name=self.account_name,
            currency=self.currency,
            status=self.status,
            lines=tuple(line.state() for line in self.lines),
            net_total=self.net_total,
            tax_total=self.tax_total,
            gross_total=self.gross_total,
            shipped_total=self.shipped_total,
            owner_id=self.owner_id,
            tax_rounding=self.tax_rounding,
            revision=self.revision,
            requested_date=self.requested_date,
            payment_term=self.payment_term.state(),
            cancelled_total=self.cancelled_total,
            prepaid_total=self.prepaid_total,
            customer_order_no=self.customer_order_no,
            note=self.note,
            custom_fields=dict(self.custom_fields),
        )


def ensure_moves(order: Order, allowed: Collection[OrderStatus]) -> None:
    """Raises RuleBroken, saying what the order is instead."""
    if order.status not in allowed:
        raise RuleBroken(REFUSALS[order.status], document_no=order.document_no)


def open_lines(order: Order) -> list[Wanted]:
    """All that is left of every line."""
    return [Wanted(one.id, one.open_quantity) for one in order.lines if one.open_quantity]


def quantity_violations(order: Order, wanted: Sequence[Wanted]) -> list[Violation]:
    """What is wrong with taking so much of these lines."""
    lines = {line.id: line for line in order.lines}
    violations = []
    seen: set[UUID] = set()
    for place, (line_id, quantity) in enumerate(wanted):
        pointer = f"/lines/{place}"
        if line_id not in lines:
            violations.append(Violation(f"{pointer}/line_id", "LINE_UNKNOWN"))
        elif line_id in seen:
            violations.append(Violation(f"{pointer}/line_id", "LINE_REPEATED"))
        elif quantity > lines[line_id].open_quantity:
            open_ = {"open": plain_text(lines[line_id].open_quantity)}
            violations.append(Violation(f"{pointer}/quantity", "QUANTITY_EXCEEDS_OPEN", open_))
        seen.add(line_id)
    return violations


def moved(order: Order, *, now: datetime) -> Order:
    """The order after a move, with all that follows from its facts."""
    zero = Money.zero(order.currency)
    order = replace(
        order,
        status=status_of(order.confirmed_at, order.lines),
        shipped_total=sum((line.shipped_amount for line in order.lines), zero),
        cancelled_total=sum((line.cancelled_amount for line in order.lines), zero),
        updated_at=now,
    )
    return replace(order, prepaid_total=_prepaid_total(order))


def _prepaid_total(order: Order) -> Money:
    """What is owed ahead of what will be shipped in the end.

    As it was while the order waits to be confirmed (again): nobody knows yet what is agreed.
    """
    if order.status is OrderStatus.OPEN:
        return order.prepaid_total
    return order.payment_term.prepaid(order.gross_total - order.cancelled_total)
