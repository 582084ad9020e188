"""Tax per line and per document: worked examples, then properties that hold for all numbers."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpq.quotes.domain.pricing import QuoteLine
from cpq.quotes.domain.taxes import TaxRounding, with_taxes
from kernel.decimals import NumberTooLarge
from kernel.money import Money

LINE, DOCUMENT = TaxRounding.LINE, TaxRounding.DOCUMENT
ZERO = Decimal(0)


def lines(*priced: tuple[str, str], currency: str = "CNY") -> list[QuoteLine]:
    """Make lines with these net amounts and tax rates, and a wrong tax that must be replaced."""
    return [
        QuoteLine(
            id=UUID(int=at),
            line_no=at,
            product_id=UUID(int=at),
            sku="A",
            name="a",
            unit="PCS",
            quantity=Decimal(1),
            list_price=Money.of(net, currency),
            tier_price=Money.of(net, currency),
            discount_rate=ZERO,
            net_price=Money.of(net, currency),
            net_amount=Money.of(net, currency),
            tax_rate=Decimal(rate),
            tax_amount=Money.of("-1", currency),
            gross_amount=Money.of("-1", currency),
        )
        for at, (net, rate) in enumerate(priced, start=1)
    ]


def taxes(priced: Sequence[QuoteLine], rounding: TaxRounding) -> list[str]:
    return [f"{line.tax_amount.amount:f}" for line in with_taxes(priced, rounding)]


def test_document_rounding_adds_the_cents_that_lines_round_down() -> None:
    # 33.33 x 13 % = 4.3329, 33.34 x 13 % = 4.3342; of the document 100.00 x 13 % = 13.00, whose
    # exact shares are the same: the last cent goes to the largest remainder, the third line.
    thirds = lines(("33.33", "0.13"), ("33.33", "0.13"), ("33.34", "0.13"))
    assert taxes(thirds, LINE) == ["4.33", "4.33", "4.33"]
    assert taxes(thirds, DOCUMENT) == ["4.33", "4.33", "4.34"]
    assert [str(one.gross_amount) for one in with_taxes(thirds, DOCUMENT)] == [
        "37.66 CNY",
        "37.66 CNY",
        "37.68 CNY",
    ]


def test_document_rounding_omits_the_cents_that_lines_round_up() -> None:
    # 0.05 x 13 % = 0.0065, rounded up ten times; 0.50 x 13 % = 0.065 is 0.07 half up.
    coins = lines(*[("0.05", "0.13")] * 10)
    assert taxes(coins, LINE) == ["0.01"] * 10
    assert taxes(coins, DOCUMENT) == ["0.01"] * 7 + ["0.00"] * 3


def test_each_tax_rate_is_rounded_separately() -> None:
    # 13 %: 20.03 x 0.13 = 2.6039 -> 2.60 over 10.01 and 10.02 (1.2993, 1.3007 -> 1.30, 1.30).
    # 6 %: 0.24 x 0.06 = 0.0144 -> 0.01 over 0.12 and 0.12, to the earlier line.
    mixed = lines(("10.01", "0.13"), ("0.12", "0.06"), ("10.02", "0.130"), ("0.12", "0.06"))
    assert taxes(mixed, DOCUMENT) == ["1.30", "0.01", "1.30", "0.00"]
    assert taxes(mixed, LINE) == ["1.30", "0.01", "1.30", "0.01"]


def test_amounts_in_yen_are_whole() -> None:
    fives = lines(*[("5", "0.1")] * 3, currency="JPY")
    assert taxes(fives, LINE) == ["1", "1", "1"]
    assert taxes(fives, DOCUMENT) == ["1", "1", "0"]  # 15 x 10 % = 1.5, half up


@pytest.mark.parametrize("rounding", TaxRounding)
def test_free_lines_have_no_tax(rounding: TaxRounding) -> None:
    free = lines(("0", "0.13"), ("0", "0.13"), ("100", "0"))
    assert [Decimal(tax) for tax in taxes(free, rounding)] == [ZERO] * 3


def test_a_taxable_total_out_of_range_is_refused() -> None:
    half = "6000000000000000"
    with pytest.raises(NumberTooLarge):
        with_taxes(lines((half, "0.13"), (half, "0.13")), DOCUMENT)


AMOUNTS = st.decimals(0, 10**6, places=2).map(lambda amount: f"{amount:f}")
RATES = st.sampled_from(["0", "0.01", "0.03", "0.06", "0.09", "0.13"])


@settings(deadline=None)
@given(st.lists(st.tuples(AMOUNTS, RATES), min_size=1, max_size=30))
def test_document_tax_differs_by_at_most_half_a_cent_per_rate(
    priced: list[tuple[str, str]],
) -> None:
    before = lines(*priced)
    after = with_taxes(before, DOCUMENT)
    for rate in {line.tax_rate for line in before}:
        same_rate = [line for line in after if line.tax_rate == rate]
        base = sum((line.net_amount.amount for line in same_rate), ZERO)
        tax = sum((line.tax_amount.amount for line in same_rate), ZERO)
        assert abs(tax - base * rate) <= Decimal("0.005")
        for line in same_rate:
            exact = line.net_amount.amount * (tax / base if base else ZERO)
            assert abs(line.tax_amount.amount - exact) < Decimal("0.0100001")
    for old, new in zip(before, after, strict=True):
        assert new.net_amount == old.net_amount
        assert new.gross_amount == new.net_amount + new.tax_amount
        assert new.tax_amount.is_rounded


@settings(deadline=None)
@given(AMOUNTS, RATES)
def test_both_policies_agree_on_a_single_line(amount: str, rate: str) -> None:
    one = lines((amount, rate))
    assert with_taxes(one, LINE) == with_taxes(one, DOCUMENT)
