"""Order statuses, shipments and the amounts of line parts, calculated by hand."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.cpq.events import QuoteState
from kernel.errors import Invalid, RuleBroken
from kernel.ids import new_id
from kernel.money import CurrencyMismatch, Money
from rms.orders.domain.lines import OrderLine, prorated
from rms.orders.domain.order import LineQuantity, Order, OrderStatus, order_status
from rms.orders.domain.quotes import ensure_quote_consistent, order_from_quote
from rms.payment_terms.domain import BUILT_IN_TERM
from services.rms.tests.factories import NOON, TODAY, TWO_LINES, cny, make_line, make_quote

LATER = NOON + timedelta(hours=1)


def make_order(*, confirmed: bool = True) -> Order:
    order = order_from_quote(
        make_quote(),
        order_id=new_id(),
        line_ids=new_id,
        document_no="SO-2026-000001",
        account_name="星辰科技",
        payment_term=BUILT_IN_TERM,
        now=NOON,
    )
    return order.confirm(now=NOON)[0] if confirmed else order


def ship(order: Order, *quantities: str) -> Order:
    """Ship these quantities of its lines, in the sequence of the lines."""
    lines = zip(order.lines, quantities, strict=False)
    requested = [LineQuantity(line.id, Decimal(quantity)) for line, quantity in lines]
    return order.ship(
        order.shipment_parts(requested, shipped_date=TODAY, earliest=TODAY, today=TODAY), now=LATER
    )


def make_order_line(gross: Money, quantity: str) -> OrderLine:
    template = make_order().lines[0]
    zero = Money.zero(gross.currency)
    return replace(
        template,
        gross_amount=gross,
        shipped_amount=zero,
        cancelled_amount=zero,
        quantity=Decimal(quantity),
    )


def part_amounts(line: OrderLine, *quantities: str) -> list[str]:
    """The amounts of shipments of these quantities, one after the other."""
    amounts = []
    for quantity in quantities:
        part = line.next_part(Decimal(quantity))
        line = line.ship(part)
        amounts.append(str(part.amount.amount))
    return amounts


@pytest.mark.parametrize(
    ("gross", "quantity", "parts", "expected"),
    [
        # 100.00 x 1/3 = 33.33; x 2/3 = 66.67, - 33.33 = 33.34; 100.00 - 66.67 = 33.33
        (cny("100.00"), "3", ("1", "1", "1"), ["33.33", "33.34", "33.33"]),
        (cny("0.01"), "4", ("1", "1", "1", "1"), ["0.00", "0.01", "0.00", "0.00"]),
        (cny("10.00"), "1.5", ("0.75", "0.75"), ["5.00", "5.00"]),
        (Money.of("100", "JPY"), "3", ("1", "1", "1"), ["33", "34", "33"]),
        (cny("0"), "2", ("1", "1"), ["0.00", "0.00"]),
    ],
)
def test_parts_of_a_line_are_prorated(
    gross: Money, quantity: str, parts: tuple[str, ...], expected: list[str]
) -> None:
    assert part_amounts(make_order_line(gross, quantity), *parts) == expected


def test_a_large_amount_is_prorated_exactly() -> None:
    gross = cny("9999999999999999.99")
    assert prorated(gross, Decimal("9999999999.999999"), Decimal("9999999999.999999")) == gross


@given(
    fen=st.integers(0, 10**12),
    millionths=st.lists(st.integers(1, 10**9), min_size=1, max_size=12),
)
def test_the_parts_of_any_partition_sum_to_the_line(fen: int, millionths: list[int]) -> None:
    quantities = [Decimal(one) / 10**6 for one in millionths]
    gross = Money(Decimal(fen) / 100, "CNY")
    line = make_order_line(gross, str(sum(quantities)))
    total = Money.zero("CNY")
    for quantity in quantities:
        part = line.next_part(quantity)
        assert not part.amount.is_negative
        assert part.amount == part.amount.rounded()
        line, total = line.ship(part), total + part.amount
    assert (total, line.shipped_amount, line.open_quantity) == (gross, gross, Decimal(0))


@pytest.mark.parametrize(
    ("shipped", "status", "shipped_total"),
    [
        ((), OrderStatus.CONFIRMED, "0.00"),
        (("0.5",), OrderStatus.PARTLY_SHIPPED, "56.50"),
        (("10",), OrderStatus.PARTLY_SHIPPED, "1130.00"),
        (("10", "2"), OrderStatus.PARTLY_SHIPPED, "1196.67"),
        (("10", "3"), OrderStatus.SHIPPED, "1230.01"),
    ],
)
def test_the_status_is_derived_from_the_quantities(
    shipped: tuple[str, ...], status: OrderStatus, shipped_total: str
) -> None:
    order = ship(make_order(), *shipped) if shipped else make_order()
    assert (order.status, order.shipped_total) == (status, cny(shipped_total))
    assert order_status(None, order.lines) is OrderStatus.OPEN


def test_confirming_twice_changes_nothing() -> None:
    order, event = make_order(confirmed=False).confirm(now=NOON)
    assert event is not None
    assert (event.order.status, event.confirmed_at) == ("CONFIRMED", NOON)
    assert order.confirm(now=LATER) == (order, None)
    shipped = ship(order, "1")
    assert shipped.confirm(now=LATER) == (shipped, None)


def test_an_open_or_shipped_order_cannot_be_shipped() -> None:
    for order, code in (
        (make_order(confirmed=False), "ORDER_NOT_CONFIRMED"),
        (ship(make_order(), "10", "3"), "ORDER_SHIPPED"),
    ):
        with pytest.raises(RuleBroken) as refused:
            order.shipment_parts(None, shipped_date=TODAY, earliest=TODAY, today=TODAY)
        assert refused.value.code == code


def test_a_shipment_without_lines_ships_all_open_quantities() -> None:
    order = ship(make_order(), "10", "1")
    parts = order.shipment_parts(None, shipped_date=TODAY, earliest=TODAY, today=TODAY)
    # 100.01 - 33.34 (100.01 / 3 = 33.336...), which was shipped before
    assert [(part.quantity, part.amount) for part in parts] == [(Decimal(2), cny("66.67"))]


def test_all_violations_are_reported_together() -> None:
    order = ship(make_order(), "9")
    first, second = (line.id for line in order.lines)
    quantities = [
        LineQuantity(first, Decimal("1.000001")),
        LineQuantity(new_id(), Decimal(1)),
        LineQuantity(second, Decimal(3)),
        LineQuantity(second, Decimal(1)),
    ]
    with pytest.raises(Invalid) as refused:
        order.shipment_parts(
            quantities, shipped_date=date(2026, 11, 23), earliest=TODAY, today=TODAY
        )
    assert {(v.pointer, v.code) for v in refused.value.violations} == {
        ("/lines/0/quantity", "QUANTITY_EXCEEDS_OPEN"),
        ("/lines/1/line_id", "LINE_UNKNOWN"),
        ("/lines/3/line_id", "LINE_REPEATED"),
        ("/shipped_date", "DATE_IN_FUTURE"),
    }
    assert refused.value.violations[0].params == {"open": "1"}


def test_a_shipment_cannot_be_dated_before_the_order() -> None:
    order, yesterday = make_order(), date(2026, 11, 21)
    assert order.shipment_parts(None, shipped_date=yesterday, earliest=yesterday, today=TODAY)
    with pytest.raises(Invalid) as refused:
        order.shipment_parts(None, shipped_date=yesterday, earliest=TODAY, today=TODAY)
    assert [(v.pointer, v.code, v.params) for v in refused.value.violations] == [
        ("/shipped_date", "DATE_BEFORE_ORDER", {"earliest": "2026-11-22"})
    ]


def test_an_order_copies_the_amounts_of_its_quote() -> None:
    quote = make_quote()
    order = make_order(confirmed=False)
    assert (order.status, order.net_total, order.gross_total) == (
        OrderStatus.OPEN,
        cny("1088.50"),
        cny("1230.01"),
    )
    assert [(line.sku, line.quantity, line.gross_amount) for line in order.lines] == [
        (line.sku, line.quantity, line.gross_amount) for line in quote.lines
    ]
    assert order.state().shipped_total == cny("0")


INCONSISTENT_QUOTES: list[dict[str, Any]] = [
    {"gross_total": cny("1230.00")},
    {"net_total": cny("1088.49")},
    {"tax_total": Money.of("141.51", "USD")},
    {"lines": ()},
    {"lines": (make_line(1, "0", "1088.50", "141.51"),)},
    {"lines": (make_line(1, "1", "-1.00", "0"), make_line(2, "1", "1089.50", "141.51"))},
    {"lines": (make_line(1, "1", "1088.495", "141.51"), make_line(2, "1", "0.005", "0"))},
    {"lines": (TWO_LINES[0], TWO_LINES[1].model_copy(update={"tax_amount": cny("11.50")}))},
]


@pytest.mark.parametrize("wrong", INCONSISTENT_QUOTES)
def test_an_inconsistent_quote_is_refused(wrong: dict[str, Any]) -> None:
    quote: QuoteState = (
        make_quote(**wrong) if "lines" not in wrong else make_quote().model_copy(update=wrong)
    )
    with pytest.raises(RuleBroken) as refused:
        ensure_quote_consistent(quote)
    assert refused.value.code == "QUOTE_UNSOUND"
    ensure_quote_consistent(make_quote())


def test_a_quote_with_two_currencies_is_refused() -> None:
    mixed = make_quote().model_copy(update={"lines": (make_line(1, "1", "1", "0", "USD"),)})
    with pytest.raises(CurrencyMismatch):
        ensure_quote_consistent(mixed)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 40))
def test_net_and_tax_of_shipped_parts_sum_to_the_line(net: int, tax: int, pieces: int) -> None:
    line = replace(
        make_order_line(Money(Decimal(net + tax) / 100, "CNY"), str(pieces)),
        net_amount=Money(Decimal(net) / 100, "CNY"),
        tax_amount=Money(Decimal(tax) / 100, "CNY"),
        shipped_quantity=Decimal(0),
    )
    nets, taxes = Money.zero("CNY"), Money.zero("CNY")
    for _ in range(pieces):
        part = line.next_part(Decimal(1))
        line = line.ship(part)
        shipped = line.shipment_line(part)
        assert shipped.net_amount is not None
        assert shipped.tax_amount is not None
        assert not shipped.net_amount.is_negative
        assert not shipped.tax_amount.is_negative
        nets, taxes = nets + shipped.net_amount, taxes + shipped.tax_amount
    assert (nets, taxes) == (line.net_amount, line.tax_amount)
