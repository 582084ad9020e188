"""Lines taxed anew: tax by the policy of the quote, gross = net + tax."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from cpq.quotes.domain.pricing import QuoteLine, with_taxes
from kernel.money import Money
from kernel.taxes import TaxRounding

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


AMOUNTS = st.decimals(0, 10**6, places=2).map(lambda amount: f"{amount:f}")
RATES = st.sampled_from(["0", "0.01", "0.03", "0.06", "0.09", "0.13"])


@settings(deadline=None)
@given(st.lists(st.tuples(AMOUNTS, RATES), min_size=1, max_size=30), st.sampled_from(TaxRounding))
def test_gross_is_net_plus_tax_whatever_the_policy(
    priced: list[tuple[str, str]], rounding: TaxRounding
) -> None:
    before = lines(*priced)
    for old, new in zip(before, with_taxes(before, rounding), strict=True):
        assert new.net_amount == old.net_amount
        assert new.gross_amount == new.net_amount + new.tax_amount
        assert new.tax_amount.is_rounded
