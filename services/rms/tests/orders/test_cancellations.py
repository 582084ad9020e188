"""Cancelling open quantities, with amounts calculated by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rms.events import OrderCancelled, OrderLinesCancelled
from kernel.errors import Invalid, RuleBroken
from kernel.ids import new_id
from kernel.money import Money
from rms.orders.domain.cancellations import cancel, cancel_lines, cancelled_parts
from rms.orders.domain.order import LineQuantity, Order, OrderStatus
from rms.orders.domain.quotes import order_from_quote
from rms.payment_terms.domain import BUILT_IN_TERM
from services.rms.tests.factories import NOON, TODAY, cny, make_line, make_quote

LATER = NOON + timedelta(hours=1)


def make_order(*quantities: str, gross: str = "100.00", confirmed: bool = True) -> Order:
    """An order whose lines have this gross amount each, of which 11.51 (or all) is tax."""
    tax = min(Decimal("11.51"), Decimal(gross))
    net = str(Decimal(gross) - tax)
    lines = [make_line(n, one, net, str(tax)) for n, one in enumerate(quantities or ("3",), 1)]
    order = order_from_quote(
        make_quote(lines),
        order_id=new_id(),
        line_ids=new_id,
        document_no="SO-2026-000001",
        account_name="星辰科技",
        payment_term=BUILT_IN_TERM,
        now=NOON,
    )
    return order.confirm(now=NOON)[0] if confirmed else order


def ship(order: Order, quantity: str) -> Order:
    return order.ship([order.lines[0].next_part(Decimal(quantity))], now=LATER)


def test_a_part_is_cancelled_after_a_part_was_shipped() -> None:
    """Of 3 for 100.00, 1 ships for 33.33, 1 is cancelled for 66.67 - 33.33 = 33.34, 1 remains."""
    order = ship(make_order(), "1")
    quantities = [LineQuantity(order.lines[0].id, Decimal(1))]
    before = order
    order, event = cancel_lines(before, quantities, reason="停产", now=LATER)
    parts = cancelled_parts(before, order)
    assert isinstance(event, OrderLinesCancelled)
    assert [(one.quantity, one.amount) for one in event.lines] == [(Decimal(1), cny("33.34"))]
    assert (order.status, order.cancelled_total) == (OrderStatus.PARTLY_SHIPPED, cny("33.34"))
    assert event.withdrawn_total == cny("33.34")
    assert [part.amount for part in parts] == [cny("33.34")]
    completed = ship(order, "1")
    assert (completed.status, completed.shipped_total) == (OrderStatus.SHIPPED, cny("66.66"))
    assert completed.shipped_total + completed.cancelled_total == completed.gross_total


def test_cancelling_all_open_quantities_completes_the_order() -> None:
    order, event = cancel_lines(ship(make_order("3", "2"), "3"), None, reason="停产", now=LATER)
    assert isinstance(event, OrderLinesCancelled)
    assert (order.status, order.cancelled_total) == (OrderStatus.SHIPPED, cny("100.00"))
    with pytest.raises(RuleBroken, match="ORDER_SHIPPED"):
        cancel_lines(order, None, reason="停产", now=LATER)


def test_cancelling_every_line_cancels_the_order() -> None:
    order, event = cancel_lines(make_order("3", "2"), None, reason="停产", now=LATER)
    assert isinstance(event, OrderCancelled)
    assert (order.status, order.cancelled_at, event.cancelled_at) == ("CANCELLED", LATER, LATER)
    assert event.order.cancelled_total == cny("200.00")


@pytest.mark.parametrize("confirmed", [True, False])
def test_cancelling_an_order_twice_changes_nothing(confirmed: bool) -> None:
    before = make_order(confirmed=confirmed)
    order, event = cancel(before, reason="取消", now=LATER)
    parts = cancelled_parts(before, order)
    assert isinstance(event, OrderCancelled)
    assert (order.status, len(parts), order.cancelled_total) == ("CANCELLED", 1, cny("100.00"))
    assert event.withdrawn_total == cny("100.00" if confirmed else "0")
    assert cancel(order, reason="again", now=LATER) == (order, None)
    for move in (
        lambda: order.shipment_parts(None, shipped_date=TODAY, earliest=TODAY, today=TODAY),
        lambda: cancel_lines(order, None, reason="x", now=LATER),
    ):
        with pytest.raises(RuleBroken, match="ORDER_CANCELLED"):
            move()
    if not confirmed:
        with pytest.raises(RuleBroken, match="ORDER_CANCELLED"):
            order.confirm(now=LATER)


def test_invalid_cancellations_are_refused() -> None:
    for order, code in (
        (ship(make_order(), "1"), "ORDER_PARTLY_SHIPPED"),
        (ship(make_order(), "3"), "ORDER_SHIPPED"),
    ):
        with pytest.raises(RuleBroken, match=code):
            cancel(order, reason="x", now=LATER)
    with pytest.raises(RuleBroken, match="ORDER_NOT_CONFIRMED"):
        cancel_lines(make_order(confirmed=False), None, reason="x", now=LATER)
    order = ship(make_order(), "1")
    quantities = [
        LineQuantity(order.lines[0].id, Decimal("2.000001")),
        LineQuantity(order.lines[0].id, Decimal(1)),
        LineQuantity(new_id(), Decimal(1)),
    ]
    with pytest.raises(Invalid) as refused:
        cancel_lines(order, quantities, reason="x", now=LATER)
    assert [(v.pointer, v.code) for v in refused.value.violations] == [
        ("/lines/0/quantity", "QUANTITY_EXCEEDS_OPEN"),
        ("/lines/1/line_id", "LINE_REPEATED"),
        ("/lines/2/line_id", "LINE_UNKNOWN"),
    ]


@given(
    fen=st.integers(0, 10**10),
    moves=st.lists(
        st.tuples(st.sampled_from(["ship", "cancel"]), st.integers(1, 10**8)), max_size=12
    ),
)
def test_shipped_and_cancelled_parts_sum_to_the_line(
    fen: int, moves: list[tuple[str, int]]
) -> None:
    """Gross, net and tax of all parts sum to the line, whatever the sequence of moves."""
    total = str(Decimal(sum(one for _, one in moves) or 1) / 10**6)
    order = make_order(total, gross=str(Decimal(fen) / 100))
    line, zero = order.lines[0], Money.zero("CNY")
    taxes, nets = zero, zero
    for move, millionths in moves:
        part = line.next_part(Decimal(millionths) / 10**6)
        assert not part.amount.is_negative
        line = line.ship(part) if move == "ship" else line.cancel(part)
        shipped = line.shipment_line(part)
        assert shipped.net_amount is not None
        assert shipped.tax_amount is not None
        assert not shipped.net_amount.is_negative
        assert not shipped.tax_amount.is_negative
        taxes, nets = taxes + shipped.tax_amount, nets + shipped.net_amount
        assert line.closed_amount <= line.gross_amount
    if moves:
        assert (line.open_quantity, line.closed_amount) == (Decimal(0), line.gross_amount)
        assert (taxes, nets) == (line.tax_amount, line.net_amount)
