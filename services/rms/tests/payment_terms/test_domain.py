"""When a shipment is due, with days and cents worked by hand."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid
from kernel.money import Money
from rms.payment_terms.domain import BUILT_IN, Basis, Due, Instalment, Term, ensure_whole, net
from services.rms.tests.factories import cny


def part(share: str, days: int, basis: Basis = Basis.SHIPMENT) -> Instalment:
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
def test_days_after_the_shipment_or_its_month(
    basis: Basis, days: int, shipped: date, due: date
) -> None:
    assert part("1", days, basis).due_date(shipped) == due


def test_thirty_days_unless_said_otherwise() -> None:
    assert net(30) == BUILT_IN
    assert BUILT_IN.dues(cny("100.01"), date(2026, 11, 22)) == [
        Due(1, cny("100.01"), date(2026, 12, 22))
    ]


def test_instalments_sum_to_the_shipment() -> None:
    """100.00 in thirds: 33.33 each, and the fen that is left goes to the first of them."""
    third = Decimal("0.333333")
    term = Term(
        code="THIRDS",
        instalments=(part("0.333334", 0), *(part(str(third), days) for days in (30, 60))),
    )
    shipped = date(2026, 11, 22)
    assert term.dues(cny("100.00"), shipped) == [
        Due(1, cny("33.34"), date(2026, 11, 22)),
        Due(2, cny("33.33"), date(2026, 12, 22)),
        Due(3, cny("33.33"), date(2027, 1, 21)),
    ]
    # A fen cannot be divided: the parts that are nothing are left out, but for the very last.
    assert term.dues(cny("0.01"), shipped) == [Due(1, cny("0.01"), shipped)]
    assert term.dues(cny("0"), shipped) == [Due(1, cny("0"), shipped)]
    assert [due.amount for due in term.dues(Money.of("100", "JPY"), shipped)] == [
        Money.of("34", "JPY"),
        Money.of("33", "JPY"),
        Money.of("33", "JPY"),
    ]


@given(
    fen=st.integers(0, 10**12),
    weights=st.lists(st.integers(1, 10**6), min_size=1, max_size=12),
)
def test_any_instalments_of_anything_sum(fen: int, weights: list[int]) -> None:
    amount = Money(Decimal(fen) / 100, "CNY")
    term = Term(code="ANY", instalments=tuple(part(str(one), one % 90) for one in weights))
    dues = term.dues(amount, date(2026, 1, 31))
    assert sum((due.amount for due in dues), Money.zero("CNY")) == amount
    assert dues
    assert all(not due.amount.is_negative for due in dues)


@pytest.mark.parametrize("shares", [("0.3", "0.6"), ("0.5", "0.500001"), ("0.999999",)])
def test_shares_are_the_whole(shares: tuple[str, ...]) -> None:
    ensure_whole([part("0.3", 0), part("0.7", 60)])
    with pytest.raises(Invalid) as refused:
        ensure_whole([part(share, 0) for share in shares])
    assert [(v.pointer, v.code) for v in refused.value.violations] == [
        ("/instalments", "SHARES_NOT_WHOLE")
    ]
