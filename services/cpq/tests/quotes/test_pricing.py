"""The price waterfall: worked examples, then properties that hold for all numbers."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cpq.quotes.domain.pricing import (
    ProductPrice,
    QuantityTier,
    QuoteLine,
    RequestedLine,
    net_price,
    price_line,
    tier_price,
)
from kernel.currencies import precision
from kernel.decimals import EXACT_CONTEXT, NumberTooLarge
from kernel.money import Money

LINE, PRODUCT = UUID(int=1), UUID(int=2)


def priced_line(
    price: Money,
    quantity: str | Decimal,
    *,
    discount: str | Decimal = "0",
    tax: str | Decimal | None = "0.13",
    tiers: dict[str, str] | None = None,
) -> QuoteLine:
    product = ProductPrice(
        product_id=PRODUCT,
        sku="A",
        name="a",
        unit="PCS",
        active=True,
        list_price=price,
        tiers=tuple(
            QuantityTier(from_quantity=Decimal(start), unit_price=Money.of(amount, price.currency))
            for start, amount in (tiers or {}).items()
        ),
    )
    requested = RequestedLine(
        product_id=PRODUCT,
        quantity=Decimal(quantity),
        discount_rate=Decimal(discount),
        tax_rate=None if tax is None else Decimal(tax),
    )
    return price_line(
        requested, product, price, line_id=LINE, line_no=1, default_tax_rate=Decimal("0.06")
    )


def waterfall(line: QuoteLine) -> list[str]:
    """Return the tier price, net price, net amount, tax amount and gross amount."""
    steps = (line.tier_price, line.net_price, line.net_amount, line.tax_amount, line.gross_amount)
    return [str(step) for step in steps]


TEN_FOR_LESS = {"10": "90"}

# price, currency, quantity, discount, tax, tiers -> tier, net price, net, tax, gross
WORKED_EXAMPLES = [
    # 100 x 0.925 = 92.5; x 3 = 277.50; x 13 % = 36.075, half up
    ("100", "CNY", "3", "0.075", "0.13", TEN_FOR_LESS, "100.00 92.50 277.50 36.08 313.58"),
    # 90 x 0.925 = 83.25; x 10 = 832.50; x 13 % = 108.225, half up
    ("100", "CNY", "10", "0.075", "0.13", TEN_FOR_LESS, "90.00 83.25 832.50 108.23 940.73"),
    # one millionth below the tier: 100 x 9.999999 = 999.9999
    ("100", "CNY", "9.999999", "0", "0", TEN_FOR_LESS, "100.00 100.00 1000.00 0.00 1000.00"),
    # no decimals: 980 x 0.925 = 906.5; x 3 = 2719.5, half up; x 10 % = 272
    ("980", "JPY", "3", "0.075", "0.1", {}, "980 906.5 2720 272 2992"),
    # 545 x 5 = 2725; x 10 % = 272.5, half up
    ("545", "JPY", "5", "0", "0.1", {}, "545 545 2725 273 2998"),
    # three decimals: 1.2345 x 1 = 1.2345, half up; x 5 % = 0.06175, half up
    ("1.2345", "KWD", "1", "0", "0.05", {}, "1.2345 1.2345 1.235 0.062 1.297"),
    # 0.123456 x 1,000,000.5 = 123456.061728; x 13 % = 16049.2878
    ("0.123456", "CNY", "1000000.5", "0", "0.13", {},
     "0.123456 0.123456 123456.06 16049.29 139505.35"),
    # the unit price is rounded first: 0.333333 / 2 = 0.1666665 -> 0.166667; x 10,000,000
    ("0.333333", "CNY", "10000000", "0.5", "0", {}, "0.333333 0.166667 1666670.00 0.00 1666670.00"),
    # 0.000001 x 9,999,999,999,999,999.999999 = 9,999,999,999.999999999999
    ("0.000001", "CNY", "9999999999999999.999999", "0", "0", {},
     "0.000001 0.000001 10000000000.00 0.00 10000000000.00"),
    # a discount of 100 %
    ("100", "CNY", "3", "1", "0.13", {}, "100.00 0.00 0.00 0.00 0.00"),
    # taxed at 100 %
    ("0.01", "CNY", "1", "0", "1", {}, "0.01 0.01 0.01 0.01 0.02"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("price", "currency", "quantity", "discount", "tax", "tiers", "expected"), WORKED_EXAMPLES
)
def test_worked_examples(
    price: str,
    currency: str,
    quantity: str,
    discount: str,
    tax: str,
    tiers: dict[str, str],
    expected: str,
) -> None:
    line = priced_line(Money.of(price, currency), quantity, discount=discount, tax=tax, tiers=tiers)
    assert waterfall(line) == [f"{step} {currency}" for step in expected.split()]


def test_a_line_records_the_inputs_of_its_price() -> None:
    line = priced_line(Money.of("100", "CNY"), "12", discount="0.1", tiers=TEN_FOR_LESS)
    assert (line.id, line.line_no, line.product_id, line.sku) == (LINE, 1, PRODUCT, "A")
    assert (line.list_price, line.quantity) == (Money.of("100", "CNY"), Decimal(12))
    assert (line.discount_rate, line.tax_rate) == (Decimal("0.1"), Decimal("0.13"))


def test_without_a_tax_rate_the_default_applies() -> None:
    line = priced_line(Money.of("100", "CNY"), "1", tax=None)
    assert (line.tax_rate, line.tax_amount) == (Decimal("0.06"), Money.of("6", "CNY"))


def test_the_largest_reached_tier_applies_in_any_order() -> None:
    tiers = tuple(
        QuantityTier(from_quantity=Decimal(start), unit_price=Money.of(amount, "CNY"))
        for start, amount in (("100", "80"), ("10", "90"), ("1000", "85"))
    )
    price = Money.of("100", "CNY")
    prices = [str(tier_price(price, tiers, Decimal(q)).amount) for q in (1, 10, 99, 100, 999, 1000)]
    assert prices == ["100", "90", "90", "80", "80", "85"]


def test_an_amount_out_of_range_is_refused() -> None:
    with pytest.raises(NumberTooLarge):
        priced_line(Money.of("9999999999999999", "CNY"), "2")


CURRENCIES = st.sampled_from(["CNY", "JPY", "KWD", "CLF"])
AMOUNTS = st.decimals(0, 10**6, places=6)
QUANTITIES = st.decimals(Decimal("0.000001"), 10**6, places=6)
RATES = st.decimals(0, 1, places=6)


@settings(deadline=None)
@given(CURRENCIES, AMOUNTS, QUANTITIES, RATES, RATES)
@example("JPY", Decimal("0.5"), Decimal(3), Decimal(0), Decimal("0.25"))
def test_rounding_bounds_hold_for_any_line(
    currency: str, amount: Decimal, quantity: Decimal, discount: Decimal, tax: Decimal
) -> None:
    line = priced_line(Money(amount, currency), quantity, discount=discount, tax=tax)
    assert line.gross_amount == line.net_amount + line.tax_amount
    half = Decimal("0.5").scaleb(-precision(currency))
    exact = EXACT_CONTEXT.multiply(line.net_price.amount, quantity)
    assert -half <= exact - line.net_amount.amount < half  # a tie goes up
    exact_tax = EXACT_CONTEXT.multiply(line.net_amount.amount, tax)
    assert -half <= exact_tax - line.tax_amount.amount < half
    for rounded in (line.net_amount, line.tax_amount, line.gross_amount):
        assert rounded == rounded.rounded()
    assert not line.net_amount.is_negative


@settings(deadline=None)
@given(CURRENCIES, AMOUNTS, QUANTITIES, RATES, RATES)
def test_a_higher_discount_never_raises_the_price(
    currency: str, amount: Decimal, quantity: Decimal, one: Decimal, other: Decimal
) -> None:
    less, more = sorted((one, other))
    dear = priced_line(Money(amount, currency), quantity, discount=less)
    cheap = priced_line(Money(amount, currency), quantity, discount=more)
    assert cheap.net_price <= dear.net_price <= dear.list_price
    assert cheap.net_amount <= dear.net_amount
    assert cheap.gross_amount <= dear.gross_amount


@settings(deadline=None)
@given(AMOUNTS, RATES)
@example(Decimal("0.333333"), Decimal("0.5"))
def test_a_net_price_has_six_decimals(amount: Decimal, discount: Decimal) -> None:
    net = net_price(Money(amount, "CNY"), discount).amount
    assert net == EXACT_CONTEXT.quantize(net, Decimal("0.000001"))
    exact = EXACT_CONTEXT.multiply(amount, 1 - discount)
    assert -Decimal("0.0000005") <= exact - net < Decimal("0.0000005")
