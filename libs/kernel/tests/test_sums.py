"""Sums of money: exact, and with room for very many of the largest amounts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from kernel.decimals import DECIMAL_LIMIT, SUM_LIMIT, NumberTooLarge
from kernel.money import CurrencyMismatch, Money
from kernel.sums import MoneySum

LARGEST = DECIMAL_LIMIT - Decimal("0.000001")


@given(
    st.lists(
        st.decimals(-LARGEST, LARGEST, places=6, allow_nan=False, allow_infinity=False), max_size=50
    )
)
def test_a_sum_is_the_exact_sum_of_its_amounts(amounts: list[Decimal]) -> None:
    total = sum((Money(amount, "CNY") for amount in amounts), MoneySum.zero("CNY"))
    units = sum(int(amount.scaleb(6)) for amount in amounts)
    assert total.amount.scaleb(6) == units


@given(st.integers(0, 10_000), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_the_sum_of_the_largest_amounts_of_many_rows_is_shown(rows: int, currency: str) -> None:
    total = MoneySum(LARGEST * rows, currency)
    shown = TypeAdapter(MoneySum).dump_python(total, mode="json")
    assert Decimal(shown["amount"]) == LARGEST * rows
    assert shown["currency"] == currency


def test_a_difference_of_sums_and_amounts_is_a_sum() -> None:
    total = MoneySum.of("12.30", "CNY") - Money.of("13", "CNY") - MoneySum.of("0.30", "CNY")
    assert total == MoneySum.of("-1.00", "CNY")
    assert str(total) == "-1.00 CNY"
    assert MoneySum.of("-0", "CNY") == MoneySum.zero("CNY")
    assert str(MoneySum.of("-0", "CNY")) == "0.00 CNY"


def test_sums_of_two_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        MoneySum.zero("CNY") + Money.of("1", "USD")
    with pytest.raises(ValueError, match="XXQ"):
        MoneySum.zero("XXQ")


def test_a_sum_has_a_limit_too_and_takes_no_float() -> None:
    with pytest.raises(NumberTooLarge):
        MoneySum(SUM_LIMIT, "CNY")
    with pytest.raises(TypeError):
        MoneySum(1.5, "CNY")  # type: ignore[arg-type]
