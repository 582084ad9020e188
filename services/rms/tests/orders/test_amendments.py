"""Amending an order, with amounts calculated by hand."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid, RuleBroken
from kernel.ids import new_id
from kernel.money import Money
from kernel.taxes import TaxRounding
from rms.orders.domain.amendments import Amendment, amend
from rms.orders.domain.lines import OrderLine
from rms.orders.domain.order import LineQuantity, Order, OrderStatus
from rms.orders.domain.quotes import order_from_quote
from rms.payment_terms.domain import BUILT_IN_TERM, net_days
from services.rms.tests.factories import NOON, TODAY, cny, make_line, make_quote

LATER = NOON + timedelta(hours=1)


def make_order(policy: TaxRounding = TaxRounding.LINE) -> Order:
    """A confirmed order: 3 x 3.33 and 7 x 10.10 at 13 % tax, and 1 x 100.00 at 6 %.

    Tax per line: 9.99 -> 1.30 (1.2987), 70.70 -> 9.19 (9.191), 100.00 -> 6.00.
    Per document: 80.69 x 0.13 = 10.4897 -> 10.49, split into 10.49 x 9.99 / 80.69 = 1.2987 and
    10.49 x 70.70 / 80.69 = 9.1913: 1.30 and 9.19.
    """
    quote = make_quote(
        [
            make_line(1, "3", "9.99", "1.30"),
            make_line(2, "7", "70.70", "9.19"),
            make_line(3, "1", "100.00", "6.00"),
        ],
        tax_rounding=policy,
    )
    order = order_from_quote(
        quote,
        order_id=new_id(),
        line_ids=new_id,
        document_no="SO-2026-000001",
        account_name="星辰科技",
        payment_term=BUILT_IN_TERM,
        now=NOON,
    )
    prices = [cny("3.33"), cny("10.10"), cny("100.00")]
    rates = [Decimal("0.13"), Decimal("0.13"), Decimal("0.06")]
    lines = [
        replace(line, unit_price=price, tax_rate=rate)
        for line, price, rate in zip(order.lines, prices, rates, strict=True)
    ]
    return replace(order, lines=tuple(lines)).confirm(now=NOON)[0]


def amended(order: Order, **changes: object) -> Order:
    amendment = Amendment(reason="客户改单", **changes)  # type: ignore[arg-type]  # of the tests
    return amend(order, amendment, today=TODAY, now=LATER)[0]


def tax_amounts(order: Order) -> list[str]:
    return [str(line.tax_amount.amount) for line in order.lines]


def test_a_new_quantity_is_taxed_per_line() -> None:
    """5 x 3.33 = 16.65; 13 % of it is 2.1645, rounded 2.16."""
    order = make_order()
    after = amended(order, quantities=[LineQuantity(order.lines[0].id, Decimal(5))])
    assert tax_amounts(after) == ["2.16", "9.19", "6.00"]
    assert (after.net_total, after.tax_total) == (cny("187.35"), cny("17.35"))
    assert after.gross_total == cny("204.70")
    assert (after.status, after.confirmed_at, after.revision) == (OrderStatus.OPEN, None, 2)


def test_a_new_quantity_is_taxed_per_document() -> None:
    """16.65 + 70.70 = 87.35; 13 % of it is 11.3555, rounded 11.36.

    The shares are 11.36 x 16.65 / 87.35 = 2.1653 and 11.36 x 70.70 / 87.35 = 9.1947, rounded down
    2.16 and 9.19; the remaining fen goes to the larger remainder, the first (0.53 against 0.47).
    """
    order = make_order(TaxRounding.DOCUMENT)
    after = amended(order, quantities=[LineQuantity(order.lines[0].id, Decimal(5))])
    assert tax_amounts(after) == ["2.17", "9.19", "6.00"]
    assert after.tax_total == cny("17.36")
    assert after.gross_total == cny("204.71")


def test_a_removed_line_reduces_totals_and_tax() -> None:
    """70.70 x 0.13 = 9.191, rounded 9.19 by either policy; the line at 6 % is not affected."""
    for policy in TaxRounding:
        order = make_order(policy)
        after = amended(order, removed=[order.lines[0].id])
        assert [line.line_no for line in after.lines] == [2, 3]
        assert tax_amounts(after) == ["9.19", "6.00"]
        assert after.gross_total == cny("185.89")


def test_an_amendment_changes_date_and_term_and_returns_the_event() -> None:
    order, tomorrow = make_order(), date(2026, 11, 23)
    amendment = Amendment(requested_date=tomorrow, payment_term=net_days(60), reason="改期")
    after, event = amend(order, amendment, today=TODAY, now=LATER)
    assert event is not None
    assert (event.reason, event.order.revision, event.order.status) == ("改期", 2, "OPEN")
    assert event.withdrawn_total == order.gross_total
    again = amend(after, replace(amendment, payment_term=net_days(7)), today=TODAY, now=LATER)[1]
    assert again is not None
    assert again.withdrawn_total == cny("0")
    assert event.order.payment_term is not None
    assert (event.order.requested_date, event.order.payment_term.code) == (tomorrow, "NET_60")
    assert after.lines == order.lines


def test_an_amendment_without_effect_returns_no_event() -> None:
    order = make_order()
    same = Amendment(quantities=[LineQuantity(order.lines[0].id, Decimal("3.0"))], reason="x")
    assert amend(order, same, today=TODAY, now=LATER) == (order, None)


def test_all_violations_are_reported_together() -> None:
    order = make_order()
    first, second, third = (line.id for line in order.lines)
    amendment = Amendment(
        quantities=[LineQuantity(new_id(), Decimal(1)), LineQuantity(first, Decimal(1))],
        removed=[first, second, third, new_id()],
        requested_date=date(2026, 11, 21),
        reason="x",
    )
    with pytest.raises(Invalid) as refused:
        amend(order, amendment, today=TODAY, now=LATER)
    assert {(v.pointer, v.code) for v in refused.value.violations} == {
        ("/lines/0/line_id", "LINE_UNKNOWN"),
        ("/removed_line_ids/0", "LINE_REPEATED"),
        ("/removed_line_ids/3", "LINE_UNKNOWN"),
        ("/removed_line_ids", "ORDER_EMPTY"),
        ("/requested_date", "DATE_IN_PAST"),
    }


def test_a_shipped_or_partly_cancelled_order_cannot_be_amended() -> None:
    order = make_order()
    line = order.lines[0]
    for changed, code in (
        (order.ship([line.next_part(Decimal(1))], now=NOON), "ORDER_PARTLY_SHIPPED"),
        (
            order.ship([one.next_part(one.quantity) for one in order.lines], now=NOON),
            "ORDER_SHIPPED",
        ),
        (
            replace(order, lines=(line.cancel(line.next_part(Decimal(1))), *order.lines[1:])),
            "ORDER_LINES_CANCELLED",
        ),
    ):
        with pytest.raises(RuleBroken) as refused:
            amended(changed, requested_date=TODAY)
        assert refused.value.code == code


def adds_up(line: OrderLine) -> bool:
    return line.gross_amount == line.net_amount + line.tax_amount == line.gross_amount.rounded()


@given(
    st.sampled_from(TaxRounding),
    st.lists(st.integers(1, 10**9), min_size=3, max_size=3),
    st.sets(st.integers(0, 2), max_size=2),
)
def test_amounts_add_up_after_any_amendment(
    policy: TaxRounding, millionths: list[int], removed: set[int]
) -> None:
    order = make_order(policy)
    quantities = [
        LineQuantity(line.id, Decimal(one) / 10**6)
        for n, (line, one) in enumerate(zip(order.lines, millionths, strict=True))
        if n not in removed
    ]
    after = amended(order, quantities=quantities, removed=[order.lines[n].id for n in removed])
    zero = Money.zero("CNY")
    assert all(adds_up(line) for line in after.lines)
    assert after.gross_total == after.net_total + after.tax_total
    assert after.tax_total == sum((line.tax_amount for line in after.lines), zero)
    if policy is TaxRounding.DOCUMENT:
        for rate in {line.tax_rate for line in after.lines}:
            same = [line for line in after.lines if line.tax_rate == rate]
            net_sum = sum((line.net_amount for line in same), zero)
            tax_sum = sum((line.tax_amount for line in same), zero)
            assert tax_sum == net_sum.times(rate).rounded()
