"""What is owed before anything is shipped, with numbers worked by hand, and sums that hold."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import new_id
from kernel.money import Money
from rms.orders.domain.amendments import Amendment, amend
from rms.orders.domain.cancellations import cancel, cancel_lines
from rms.orders.domain.order import Order, OrderStatus, Wanted
from rms.orders.domain.quotes import order_of
from rms.payment_terms.domain import BUILT_IN, Basis, Due, Instalment, Term
from services.rms.tests.factories import NOON, TODAY, cny, make_line, make_quote

LATER = NOON + timedelta(hours=1)


def term(*parts: tuple[str, Basis, int]) -> Term:
    made = [
        Instalment(share=Decimal(share), basis=basis, days=days) for share, basis, days in parts
    ]
    return Term(code="TERM", instalments=tuple(made))


THIRTY_SEVENTY = term(("0.3", Basis.PREPAID, 0), ("0.7", Basis.SHIPMENT, 60))


def make_order(payment_term: Term, quantity: str = "3", gross: str = "100.00") -> Order:
    lines = [make_line(1, quantity, gross, "0")]
    return order_of(
        make_quote(lines),
        order_id=new_id(),
        line_ids=new_id,
        document_no="SO-2026-000001",
        account_name="星辰科技",
        payment_term=payment_term,
        now=NOON,
    )


def ship(order: Order, quantity: str) -> tuple[Order, Money, Money]:
    """The order then, what left, and what of it was deducted."""
    shipped = order.ship([order.lines[0].part(Decimal(quantity))], now=LATER)
    return shipped, *shipped.shipped_since(order)


def test_thirty_percent_ahead() -> None:
    """Of 3 for 100.00: 30.00 ahead; each 33.33 or 33.34 deducts 10.00, so that 23.33 are left."""
    order = make_order(THIRTY_SEVENTY)
    assert order.prepaid_total == cny("0.00")
    order, _ = order.confirm(now=NOON)
    assert order.prepaid_total == cny("30.00")
    dues = THIRTY_SEVENTY.prepaid_dues(order.prepaid_total, TODAY)
    assert dues == [Due(1, cny("30.00"), TODAY)]
    order, left, deducted = ship(order, "1")
    assert (left, deducted) == (cny("33.33"), cny("10.00"))
    due = TODAY + timedelta(days=60)
    assert THIRTY_SEVENTY.dues(left - deducted, TODAY) == [Due(2, cny("23.33"), due)]
    order, left, deducted = ship(order, "2")
    assert (left, deducted) == (cny("66.67"), cny("20.00"))
    assert order.prepaid_total == cny("30.00")


def test_all_of_it_ahead_in_two_parts() -> None:
    ahead = term(("0.4", Basis.PREPAID, 0), ("0.6", Basis.PREPAID, 10))
    order, _ = make_order(ahead, gross="0.05").confirm(now=NOON)
    assert order.prepaid_total == cny("0.05")
    assert ahead.prepaid_dues(cny("0.05"), date(2026, 11, 22)) == [
        Due(1, cny("0.02"), date(2026, 11, 22)),
        Due(2, cny("0.03"), date(2026, 12, 2)),
    ]
    assert ahead.dues(cny("0.00"), TODAY) == []
    _, left, deducted = ship(order, "3")
    assert left == deducted == cny("0.05")


def test_less_is_owed_ahead_of_what_is_cancelled() -> None:
    order, _ = make_order(THIRTY_SEVENTY).confirm(now=NOON)
    order, _, _ = ship(order, "1")
    order, _, _ = cancel_lines(order, None, reason="停产", now=LATER)
    assert (order.status, order.prepaid_total) == (OrderStatus.SHIPPED, cny("10.00"))
    whole, _ = make_order(THIRTY_SEVENTY).confirm(now=NOON)
    whole, _, _ = cancel(whole, reason="取消", now=LATER)
    assert whole.prepaid_total == cny("0.00")


def test_an_amended_order_owes_as_before_until_it_is_confirmed_again() -> None:
    order, _ = make_order(THIRTY_SEVENTY).confirm(now=NOON)
    wanted = [Wanted(order.lines[0].id, Decimal(6))]
    order, _ = amend(order, Amendment(quantities=wanted, reason="加单"), today=TODAY, now=LATER)
    assert order.prepaid_total == cny("30.00")
    again, _ = order.confirm(now=LATER)
    assert again.prepaid_total == again.payment_term.prepaid(again.gross_total)
    without, _ = amend(
        order, Amendment(payment_term=BUILT_IN, reason="改条件"), today=TODAY, now=LATER
    )
    assert without.prepaid_total == cny("30.00")
    assert without.confirm(now=LATER)[0].prepaid_total == cny("0.00")


@given(
    share=st.decimals(0, 1, places=4),
    gross=st.integers(0, 100_000),
    steps=st.lists(st.tuples(st.booleans(), st.integers(1, 4)), max_size=8),
)
def test_the_sums_hold_whatever_is_shipped_or_cancelled(
    share: Decimal, gross: int, steps: list[tuple[bool, int]]
) -> None:
    """owed = prepaid + shipped - deducted; at the end that is all that was not cancelled."""
    parts = [("0", Basis.PREPAID, 0), ("0", Basis.SHIPMENT, 30)]
    shares = (share, 1 - share)
    kept = [(str(s), b, d) for s, (_, b, d) in zip(shares, parts, strict=True) if s]
    agreed = term(*kept)
    amount = str(Decimal(gross) / 100)
    order, _ = make_order(agreed, "9", amount).confirm(now=NOON)
    billed, deducted_so_far = cny("0"), cny("0")
    for ships, quantity in [*steps, (True, 9)]:
        take = min(Decimal(quantity), order.lines[0].open_quantity)
        if not take or order.status is OrderStatus.CANCELLED:
            continue
        if ships:
            order, left, deducted = ship(order, str(take))
            assert cny("0") <= deducted <= left
            dues = agreed.dues(left - deducted, TODAY)
            assert sum((due.amount for due in dues), cny("0")) == left - deducted
            billed += left - deducted
            deducted_so_far += deducted
        else:
            wanted = [Wanted(order.lines[0].id, take)]
            order, _, _ = cancel_lines(order, wanted, reason="停产", now=LATER)
        assert deducted_so_far <= order.prepaid_total
        assert order.prepaid_total + billed == (
            order.prepaid_total - deducted_so_far + order.shipped_total
        )
    assert deducted_so_far == order.prepaid_total
    assert order.prepaid_total + billed == order.gross_total - order.cancelled_total
