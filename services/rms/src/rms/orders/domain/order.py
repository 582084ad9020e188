"""An order: it is confirmed, then shipped or cancelled in parts until no quantity is open.

The status is derived from `confirmed_at` and the quantities of the lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from contracts.rms import events
from kernel.decimals import plain_text
from kernel.errors import Invalid, Violation
from kernel.money import Money
from kernel.taxes import TaxRounding
from kernel.transitions import Transitions
from rms.orders.domain.lines import LinePart, OrderLine
from rms.orders.domain.shipments import Shipment
from rms.payment_terms.domain import AgreedTerm


class OrderStatus(StrEnum):
    """How far an order is confirmed, shipped or cancelled."""

    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    PARTLY_SHIPPED = "PARTLY_SHIPPED"
    SHIPPED = "SHIPPED"
    CANCELLED = "CANCELLED"


class OrderMove(StrEnum):
    """What can be done with an order."""

    CONFIRM = "CONFIRM"
    AMEND = "AMEND"
    SHIP = "SHIP"
    CANCEL = "CANCEL"
    CANCEL_LINES = "CANCEL_LINES"
    EDIT = "EDIT"


OPEN, CONFIRMED, PARTLY_SHIPPED, SHIPPED, CANCELLED = OrderStatus
# The statuses that allow each move, and the error code that each other status answers. Confirming a
# confirmed order changes nothing.
ORDER_MOVES: Final = Transitions.derived(
    {
        OrderMove.CONFIRM: {OPEN},
        OrderMove.AMEND: {OPEN, CONFIRMED},
        OrderMove.SHIP: {CONFIRMED, PARTLY_SHIPPED},
        OrderMove.CANCEL: {OPEN, CONFIRMED},
        OrderMove.CANCEL_LINES: {CONFIRMED, PARTLY_SHIPPED},
        OrderMove.EDIT: {OPEN, CONFIRMED, PARTLY_SHIPPED, SHIPPED},
    }
)
ORDER_STATUS_ERRORS: Final = {
    OrderStatus.OPEN: "ORDER_NOT_CONFIRMED",
    OrderStatus.PARTLY_SHIPPED: "ORDER_PARTLY_SHIPPED",
    OrderStatus.SHIPPED: "ORDER_SHIPPED",
    OrderStatus.CANCELLED: "ORDER_CANCELLED",
}


def order_status(confirmed_at: datetime | None, lines: Sequence[OrderLine]) -> OrderStatus:
    """Derive the status from the confirmation and the quantities of the lines."""
    if all(line.is_cancelled for line in lines):
        return OrderStatus.CANCELLED
    if confirmed_at is None:
        return OrderStatus.OPEN
    if all(line.open_quantity == 0 for line in lines):
        return OrderStatus.SHIPPED
    if any(line.shipped_quantity > 0 for line in lines):
        return OrderStatus.PARTLY_SHIPPED
    return OrderStatus.CONFIRMED


class LineQuantity(NamedTuple):
    """A quantity of an order line: to ship, to cancel, or as its new quantity (amendment)."""

    line_id: UUID
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order with its lines; every change derives its status and totals anew.

    `revision` starts at 1 and grows with every amendment. `requested_date` is the delivery date
    that the customer asks for. `prepaid_total` is owed from the confirmation on, before anything
    is shipped. `shipped_total` and `cancelled_total` are gross.
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
    payment_term: AgreedTerm
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
    def display_name(self) -> str:
        """The document number, by which people call the order."""
        return self.document_no

    @property
    def currency(self) -> str:
        """The one currency of all amounts of the order."""
        return self.gross_total.currency

    def confirm(self, *, now: datetime) -> tuple[Order, events.OrderConfirmed | None]:
        """Confirm the order; a confirmed order comes back unchanged and without an event.

        Raises RuleBroken (ORDER_CANCELLED), also if it was confirmed before.
        """
        if self.confirmed_at is not None and self.status is not OrderStatus.CANCELLED:
            return self, None
        self.ensure_allows(OrderMove.CONFIRM)
        order = recalculated(replace(self, confirmed_at=now), now=now)
        return order, events.OrderConfirmed(order=order.state(), confirmed_at=now)

    def shipment_parts(
        self,
        quantities: Sequence[LineQuantity] | None,
        *,
        shipped_date: date,
        earliest: date,
        today: date,
    ) -> tuple[LinePart, ...]:
        """The lines of a shipment of these quantities; None ships every open quantity.

        `earliest` is the business day on which the order was created. Raises RuleBroken
        (ORDER_NOT_CONFIRMED, ORDER_SHIPPED, ORDER_CANCELLED) and Invalid (DATE_BEFORE_ORDER,
        DATE_IN_FUTURE, LINE_UNKNOWN, LINE_REPEATED, QUANTITY_EXCEEDS_OPEN).
        """
        self.ensure_allows(OrderMove.SHIP)
        quantities = open_line_quantities(self) if quantities is None else quantities
        violations = quantity_violations(self, quantities)
        if shipped_date < earliest:
            params = {"earliest": str(earliest)}
            violations.append(Violation("/shipped_date", "DATE_BEFORE_ORDER", params))
        if shipped_date > today:
            violations.append(Violation("/shipped_date", "DATE_IN_FUTURE", {"today": str(today)}))
        if violations:
            raise Invalid(violations)
        by_line = dict(quantities)
        lines = [line for line in self.lines if line.id in by_line]
        return tuple(line.next_part(by_line[line.id]) for line in lines)

    def ship(self, parts: Sequence[LinePart], *, now: datetime) -> Order:
        """The order after these parts were shipped."""
        by_line = {part.line_id: part for part in parts}
        lines = tuple(
            line.ship(by_line[line.id]) if line.id in by_line else line for line in self.lines
        )
        return recalculated(replace(self, lines=lines), now=now)

    def shipped_since(self, before: Order) -> tuple[Money, Money]:
        """The gross amount shipped since `before`, and the prepayment to deduct from it.

        deducted = prepaid amount of the shipped total now - prepaid amount of the one before.
        """
        prepaid_amount = self.payment_term.prepaid_amount
        deducted = prepaid_amount(self.shipped_total) - prepaid_amount(before.shipped_total)
        return self.shipped_total - before.shipped_total, deducted

    def shipped_event(
        self, shipment: Shipment, receivable_ids: Sequence[UUID]
    ) -> events.OrderShipped:
        """The event of the order's latest shipment."""
        state = shipment.state(self.lines, receivable_ids)
        return events.OrderShipped(order=self.state(), shipment=state)

    def ensure_allows(self, move: OrderMove) -> None:
        """Raise RuleBroken, with the code of the status, unless the status allows the move."""
        params = {"document_no": self.document_no}
        ORDER_MOVES.ensure_allowed(move, self.status, ORDER_STATUS_ERRORS, **params)

    def state(self) -> events.OrderState:
        """The order as its events carry it."""
        return events.OrderState.of(
            self,
            order_id=self.id,
            lines=tuple(line.state() for line in self.lines),
            payment_term=self.payment_term.state(),
        )


def open_line_quantities(order: Order) -> list[LineQuantity]:
    """The open quantity of every line that has one."""
    return [LineQuantity(one.id, one.open_quantity) for one in order.lines if one.open_quantity]


def quantity_violations(order: Order, quantities: Sequence[LineQuantity]) -> list[Violation]:
    """The violations of shipping or cancelling these quantities.

    LINE_UNKNOWN, LINE_REPEATED or QUANTITY_EXCEEDS_OPEN, at `/lines/<index>`.
    """
    lines = {line.id: line for line in order.lines}
    violations = []
    seen: set[UUID] = set()
    for index, (line_id, quantity) in enumerate(quantities):
        pointer = f"/lines/{index}"
        if line_id not in lines:
            violations.append(Violation(f"{pointer}/line_id", "LINE_UNKNOWN"))
        elif line_id in seen:
            violations.append(Violation(f"{pointer}/line_id", "LINE_REPEATED"))
        elif quantity > lines[line_id].open_quantity:
            limit = {"open": plain_text(lines[line_id].open_quantity)}
            violations.append(Violation(f"{pointer}/quantity", "QUANTITY_EXCEEDS_OPEN", limit))
        seen.add(line_id)
    return violations


def recalculated(order: Order, *, now: datetime) -> Order:
    """The order with its status and totals derived anew after a change."""
    zero = Money.zero(order.currency)
    order = replace(
        order,
        status=order_status(order.confirmed_at, order.lines),
        shipped_total=sum((line.shipped_amount for line in order.lines), zero),
        cancelled_total=sum((line.cancelled_amount for line in order.lines), zero),
        updated_at=now,
    )
    return replace(order, prepaid_total=_prepaid_total(order))


def _prepaid_total(order: Order) -> Money:
    """The prepaid amount of gross total - cancelled total, the amount that will be shipped.

    Unchanged while the order waits to be confirmed (again), because nothing is agreed until then.
    """
    if order.status is OrderStatus.OPEN:
        return order.prepaid_total
    return order.payment_term.prepaid_amount(order.gross_total - order.cancelled_total)
