"""Tax per line and per document: worked examples, then properties that hold for all numbers."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.decimals import NumberTooLarge
from kernel.money import Money
from kernel.taxes import TaxRounding, taxes_of

LINE, DOCUMENT = TaxRounding.LINE, TaxRounding.DOCUMENT
ZERO = Decimal(0)
Lines = list[tuple[str, str]]


def taxed(lines: Lines, rounding: TaxRounding, currency: str = "CNY") -> list[Money]:
    """Return the taxes of lines with these net amounts and tax rates."""
    nets = [Money.of(net, currency) for net, _ in lines]
    return taxes_of(nets, [Decimal(rate) for _, rate in lines], rounding)


def taxes(lines: Lines, rounding: TaxRounding, currency: str = "CNY") -> list[str]:
    return [f"{tax.amount:f}" for tax in taxed(lines, rounding, currency)]


def test_document_rounding_adds_the_cents_that_lines_round_down() -> None:
    # 33.33 x 13 % = 4.3329, 33.34 x 13 % = 4.3342; of the document 100.00 x 13 % = 13.00, whose
    # exact shares are the same: the last cent goes to the largest remainder, the third line.
    thirds = [("33.33", "0.13"), ("33.33", "0.13"), ("33.34", "0.13")]
    assert taxes(thirds, LINE) == ["4.33", "4.33", "4.33"]
    assert taxes(thirds, DOCUMENT) == ["4.33", "4.33", "4.34"]


def test_document_rounding_omits_the_cents_that_lines_round_up() -> None:
    # 0.05 x 13 % = 0.0065, rounded up ten times; 0.50 x 13 % = 0.065 is 0.07 half up.
    coins = [("0.05", "0.13")] * 10
    assert taxes(coins, LINE) == ["0.01"] * 10
    assert taxes(coins, DOCUMENT) == ["0.01"] * 7 + ["0.00"] * 3


def test_each_tax_rate_is_rounded_separately() -> None:
    # 13 %: 20.03 x 0.13 = 2.6039 -> 2.60 over 10.01 and 10.02 (1.2993, 1.3007 -> 1.30, 1.30).
    # 6 %: 0.24 x 0.06 = 0.0144 -> 0.01 over 0.12 and 0.12, to the earlier line.
    mixed = [("10.01", "0.13"), ("0.12", "0.06"), ("10.02", "0.130"), ("0.12", "0.06")]
    assert taxes(mixed, DOCUMENT) == ["1.30", "0.01", "1.30", "0.00"]
    assert taxes(mixed, LINE) == ["1.30", "0.01", "1.30", "0.01"]


def test_amounts_in_yen_are_whole() -> None:
    fives = [("5", "0.1")] * 3
    assert taxes(fives, LINE, "JPY") == ["1", "1", "1"]
    assert taxes(fives, DOCUMENT, "JPY") == ["1", "1", "0"]  # 15 x 10 % = 1.5, half up


@pytest.mark.parametrize("rounding", TaxRounding)
def test_free_lines_have_no_tax(rounding: TaxRounding) -> None:
    free = [("0", "0.13"), ("0", "0.13"), ("100", "0")]
    assert [Decimal(tax) for tax in taxes(free, rounding)] == [ZERO] * 3


@pytest.mark.parametrize("rounding", TaxRounding)
def test_no_lines_have_no_tax(rounding: TaxRounding) -> None:
    assert taxes([], rounding) == []


def test_a_taxable_total_out_of_range_is_refused() -> None:
    half = "6000000000000000"
    with pytest.raises(NumberTooLarge):
        taxed([(half, "0.13"), (half, "0.13")], DOCUMENT)


AMOUNTS = st.decimals(0, 10**6, places=2).map(lambda amount: f"{amount:f}")
RATES = st.sampled_from(["0", "0.01", "0.03", "0.06", "0.09", "0.13"])


@settings(deadline=None)
@given(st.lists(st.tuples(AMOUNTS, RATES), min_size=1, max_size=30))
def test_document_tax_differs_by_at_most_half_a_cent_per_rate(lines: Lines) -> None:
    after = taxed(lines, DOCUMENT)
    for rate in {rate for _, rate in lines}:
        same_rate = [
            (Decimal(net), tax.amount)
            for (net, line_rate), tax in zip(lines, after, strict=True)
            if line_rate == rate
        ]
        base = sum((net for net, _ in same_rate), ZERO)
        total = sum((tax for _, tax in same_rate), ZERO)
        assert abs(total - base * Decimal(rate)) <= Decimal("0.005")
        for net, tax in same_rate:
            exact = net * (total / base if base else ZERO)
            assert abs(tax - exact) < Decimal("0.0100001")
    assert all(tax.is_rounded for tax in after)


@settings(deadline=None)
@given(AMOUNTS, RATES)
def test_both_policies_agree_on_a_single_line(amount: str, rate: str) -> None:
    assert taxed([(amount, rate)], LINE) == taxed([(amount, rate)], DOCUMENT)
