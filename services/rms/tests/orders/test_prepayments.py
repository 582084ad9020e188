"""Prepaid totals and their deduction by shipments, with amounts calculated by hand."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import new_id
from kernel.money import Money
from rms.orders.domain.amendments import Amendment, amend
from rms.orders.domain.cancellations import cancel, cancel_lines
from rms.orders.domain.order import LineQuantity, Order, OrderStatus
from rms.orders.domain.quotes import order_from_quote
from rms.payment_terms.domain import BUILT_IN_TERM, AgreedTerm, Basis, DueAmount, Instalment
from services.rms.tests.factories import NOON, TODAY, cny, make_line, make_quote

LATER = NOON + timedelta(hours=1)


def term(*parts: tuple[str, Basis, int]) -> AgreedTerm:
    instalments = [
        Instalment(share=Decimal(share), basis=basis, days=days) for share, basis, days in parts
    ]
    return AgreedTerm(code="TERM", instalments=tuple(instalments))


THIRTY_SEVENTY = term(("0.3", Basis.PREPAID, 0), ("0.7", Basis.SHIPMENT, 60))


def make_order(payment_term: AgreedTerm, quantity: str = "3", gross: str = "100.00") -> Order:
    lines = [make_line(1, quantity, gross, "0")]
    return order_from_quote(
        make_quote(lines),
        order_id=new_id(),
        line_ids=new_id,
        document_no="SO-2026-000001",
        account_name="星辰科技",
        payment_term=payment_term,
        now=NOON,
    )


def ship(order: Order, quantity: str) -> tuple[Order, Money, Money]:
    """Ship; returns the order, the shipped amount and the deducted prepayment."""
    shipped = order.ship([order.lines[0].next_part(Decimal(quantity))], now=LATER)
    return shipped, *shipped.shipped_since(order)


def test_a_thirty_percent_prepayment_is_deducted_pro_rata() -> None:
    """3 for 100.00 need 30.00 prepaid; 1 ships for 33.33 and deducts 10.00, so 23.33 are owed."""
    order = make_order(THIRTY_SEVENTY)
    assert order.prepaid_total == cny("0.00")
    order, _ = order.confirm(now=NOON)
    assert order.prepaid_total == cny("30.00")
    dues = THIRTY_SEVENTY.prepayment_instalments(order.prepaid_total, TODAY)
    assert dues == [DueAmount(1, cny("30.00"), TODAY)]
    order, shipped_amount, deducted = ship(order, "1")
    assert (shipped_amount, deducted) == (cny("33.33"), cny("10.00"))
    due = TODAY + timedelta(days=60)
    assert THIRTY_SEVENTY.shipment_instalments(shipped_amount - deducted, TODAY) == [
        DueAmount(2, cny("23.33"), due)
    ]
    order, shipped_amount, deducted = ship(order, "2")
    assert (shipped_amount, deducted) == (cny("66.67"), cny("20.00"))
    assert order.prepaid_total == cny("30.00")


def test_a_fully_prepaid_order_in_two_instalments() -> None:
    ahead = term(("0.4", Basis.PREPAID, 0), ("0.6", Basis.PREPAID, 10))
    order, _ = make_order(ahead, gross="0.05").confirm(now=NOON)
    assert order.prepaid_total == cny("0.05")
    assert ahead.prepayment_instalments(cny("0.05"), date(2026, 11, 22)) == [
        DueAmount(1, cny("0.02"), date(2026, 11, 22)),
        DueAmount(2, cny("0.03"), date(2026, 12, 2)),
    ]
    assert ahead.shipment_instalments(cny("0.00"), TODAY) == []
    _, shipped_amount, deducted = ship(order, "3")
    assert shipped_amount == deducted == cny("0.05")


def test_a_cancellation_reduces_the_prepaid_total() -> None:
    order, _ = make_order(THIRTY_SEVENTY).confirm(now=NOON)
    order, _, _ = ship(order, "1")
    order, _ = cancel_lines(order, None, reason="停产", now=LATER)
    assert (order.status, order.prepaid_total) == (OrderStatus.SHIPPED, cny("10.00"))
    cancelled_order, _ = make_order(THIRTY_SEVENTY).confirm(now=NOON)
    cancelled_order, _ = cancel(cancelled_order, reason="取消", now=LATER)
    assert cancelled_order.prepaid_total == cny("0.00")


def test_the_prepaid_total_changes_when_an_amended_order_is_confirmed() -> None:
    order, _ = make_order(THIRTY_SEVENTY).confirm(now=NOON)
    quantities = [LineQuantity(order.lines[0].id, Decimal(6))]
    order, _ = amend(order, Amendment(quantities=quantities, reason="加单"), today=TODAY, now=LATER)
    assert order.prepaid_total == cny("30.00")
    again, _ = order.confirm(now=LATER)
    assert again.prepaid_total == again.payment_term.prepaid_amount(again.gross_total)
    without, _ = amend(
        order, Amendment(payment_term=BUILT_IN_TERM, reason="改条件"), today=TODAY, now=LATER
    )
    assert without.prepaid_total == cny("30.00")
    assert without.confirm(now=LATER)[0].prepaid_total == cny("0.00")


@given(
    share=st.decimals(0, 1, places=4),
    gross=st.integers(0, 100_000),
    steps=st.lists(st.tuples(st.booleans(), st.integers(1, 4)), max_size=8),
)
def test_the_receivables_sum_to_the_order_after_any_shipments_and_cancellations(
    share: Decimal, gross: int, steps: list[tuple[bool, int]]
) -> None:
    """owed = prepaid + shipped - deducted; in the end it equals gross total - cancelled total."""
    parts = [("0", Basis.PREPAID, 0), ("0", Basis.SHIPMENT, 30)]
    shares = (share, 1 - share)
    nonzero_parts = [(str(s), b, d) for s, (_, b, d) in zip(shares, parts, strict=True) if s]
    agreed = term(*nonzero_parts)
    amount = str(Decimal(gross) / 100)
    order, _ = make_order(agreed, "9", amount).confirm(now=NOON)
    invoiced, total_deducted = cny("0"), cny("0")
    for ships, quantity in [*steps, (True, 9)]:
        quantity_taken = min(Decimal(quantity), order.lines[0].open_quantity)
        if not quantity_taken or order.status is OrderStatus.CANCELLED:
            continue
        if ships:
            order, shipped_amount, deducted = ship(order, str(quantity_taken))
            assert cny("0") <= deducted <= shipped_amount
            dues = agreed.shipment_instalments(shipped_amount - deducted, TODAY)
            assert sum((due.amount for due in dues), cny("0")) == shipped_amount - deducted
            invoiced += shipped_amount - deducted
            total_deducted += deducted
        else:
            quantities = [LineQuantity(order.lines[0].id, quantity_taken)]
            order, _ = cancel_lines(order, quantities, reason="停产", now=LATER)
        assert total_deducted <= order.prepaid_total
        assert order.prepaid_total + invoiced == (
            order.prepaid_total - total_deducted + order.shipped_total
        )
    assert total_deducted == order.prepaid_total
    assert order.prepaid_total + invoiced == order.gross_total - order.cancelled_total
