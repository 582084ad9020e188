"""Due dates and instalments, calculated by hand."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid
from kernel.money import Money
from rms.payment_terms.domain import (
    BUILT_IN_TERM,
    AgreedTerm,
    Basis,
    DueAmount,
    Instalment,
    ensure_shares_sum_to_one,
    net_days,
)
from services.rms.tests.factories import cny


def instalment(share: str, days: int, basis: Basis = Basis.SHIPMENT) -> Instalment:
    return Instalment(share=Decimal(share), basis=basis, days=days)


@pytest.mark.parametrize(
    ("basis", "days", "shipped", "due"),
    [
        (Basis.SHIPMENT, 30, date(2026, 11, 22), date(2026, 12, 22)),
        (Basis.SHIPMENT, 0, date(2026, 11, 22), date(2026, 11, 22)),
        (Basis.SHIPMENT, 30, date(2027, 1, 30), date(2027, 3, 1)),
        (Basis.END_OF_MONTH, 30, date(2026, 11, 1), date(2026, 12, 30)),
        (Basis.END_OF_MONTH, 30, date(2026, 11, 30), date(2026, 12, 30)),
        (Basis.END_OF_MONTH, 0, date(2028, 2, 1), date(2028, 2, 29)),
        (Basis.END_OF_MONTH, 10, date(2027, 2, 28), date(2027, 3, 10)),
        (Basis.END_OF_MONTH, 1, date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_due_dates_count_from_the_shipment_or_the_end_of_its_month(
    basis: Basis, days: int, shipped: date, due: date
) -> None:
    assert instalment("1", days, basis).due_date(shipped) == due


def test_the_built_in_term_is_net_30_days() -> None:
    assert net_days(30) == BUILT_IN_TERM
    assert BUILT_IN_TERM.shipment_instalments(cny("100.01"), date(2026, 11, 22)) == [
        DueAmount(1, cny("100.01"), date(2026, 12, 22))
    ]


def test_instalments_sum_to_the_shipment() -> None:
    """100.00 in thirds: 33.33 each, and the remaining fen goes to the first."""
    third = Decimal("0.333333")
    term = AgreedTerm(
        code="THIRDS",
        instalments=(
            instalment("0.333334", 0),
            *(instalment(str(third), days) for days in (30, 60)),
        ),
    )
    shipped = date(2026, 11, 22)
    assert term.shipment_instalments(cny("100.00"), shipped) == [
        DueAmount(1, cny("33.34"), date(2026, 11, 22)),
        DueAmount(2, cny("33.33"), date(2026, 12, 22)),
        DueAmount(3, cny("33.33"), date(2027, 1, 21)),
    ]
    # One fen cannot be split: instalments of zero are left out, unless all are zero.
    assert term.shipment_instalments(cny("0.01"), shipped) == [DueAmount(1, cny("0.01"), shipped)]
    assert term.shipment_instalments(cny("0"), shipped) == [DueAmount(1, cny("0"), shipped)]
    assert [due.amount for due in term.shipment_instalments(Money.of("100", "JPY"), shipped)] == [
        Money.of("34", "JPY"),
        Money.of("33", "JPY"),
        Money.of("33", "JPY"),
    ]


@given(
    fen=st.integers(0, 10**12),
    weights=st.lists(st.integers(1, 10**6), min_size=1, max_size=12),
)
def test_any_instalments_sum_to_any_amount(fen: int, weights: list[int]) -> None:
    amount = Money(Decimal(fen) / 100, "CNY")
    term = AgreedTerm(
        code="ANY", instalments=tuple(instalment(str(one), one % 90) for one in weights)
    )
    dues = term.shipment_instalments(amount, date(2026, 1, 31))
    assert sum((due.amount for due in dues), Money.zero("CNY")) == amount
    assert dues
    assert all(not due.amount.is_negative for due in dues)


@pytest.mark.parametrize("shares", [("0.3", "0.6"), ("0.5", "0.500001"), ("0.999999",)])
def test_shares_that_do_not_sum_to_one_are_refused(shares: tuple[str, ...]) -> None:
    ensure_shares_sum_to_one([instalment("0.3", 0), instalment("0.7", 60)])
    with pytest.raises(Invalid) as refused:
        ensure_shares_sum_to_one([instalment(share, 0) for share in shares])
    assert [(v.pointer, v.code) for v in refused.value.violations] == [
        ("/instalments", "SHARES_NOT_WHOLE")
    ]
