from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python

from kernel.decimals import UNSIGNED_DECIMAL_PATTERN
from kernel.money import ACTIVE_CURRENCIES, Money, precision
from kernel.rate import Rate

bounded = settings(max_examples=200, deadline=None)
VAT = Rate.parse("0.13")


class Line(BaseModel):
    tax_rate: Rate = Rate(Decimal(0))


@st.composite
def rounded_money(draw: st.DrawFn) -> Money:
    currency = draw(st.sampled_from(sorted(ACTIVE_CURRENCIES)))
    units = draw(st.integers(-(10**11), 10**11))
    return Money(Decimal(units).scaleb(-precision(currency)), currency)


rates = st.integers(0, 2 * 10**6).map(lambda n: Rate(Decimal(n).scaleb(-6)))


def cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def test_tax_worked_by_hand() -> None:
    assert VAT.tax_of_net(cny("100.00")) == cny("13.00")
    assert VAT.tax_of_net(cny("0.50")) == cny("0.07")  # 0.065
    assert VAT.tax_inclusive(cny("99.99")) == cny("112.99")  # 12.9987
    assert VAT.tax_exclusive(cny("113.00")) == cny("100.00")
    assert VAT.tax_exclusive(cny("100.00")) == cny("88.50")  # 88.49557...
    assert VAT.tax_in_gross(cny("100.00")) == cny("11.50")
    assert Rate.parse("0.1").of(Money.of("15", "JPY")) == Money.of("2", "JPY")
    assert Rate.parse("0.13").of(cny("-0.50")) == cny("-0.07")
    assert Rate.parse("1.5").of(cny("2.00")) == cny("3.00")


def test_halves_after_a_division_are_rounded_up() -> None:
    assert Rate.parse("1").tax_exclusive(cny("0.01")) == cny("0.01")  # 0.005
    assert Rate.parse("0.6").tax_exclusive(cny("0.04")) == cny("0.03")  # 0.025


def test_rates_are_ordered_and_written_without_trailing_zeros() -> None:
    assert Rate.parse("0.06") < Rate.parse("0.13")
    assert str(Rate.parse("0.130000")) == "0.13"


@pytest.mark.parametrize(
    ("value", "error"),
    [(0.13, TypeError), (Decimal("-0.1"), ValueError), (Decimal("NaN"), ValueError)],
)
def test_a_rate_is_an_exact_fraction(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Rate(value)


@bounded
@given(rounded_money(), rates)
def test_net_and_tax_sum_to_gross(money: Money, rate: Rate) -> None:
    assert rate.tax_inclusive(money) - rate.tax_of_net(money) == money
    assert rate.tax_exclusive(money) + rate.tax_in_gross(money) == money


@bounded
@given(rounded_money(), rates)
def test_net_is_rounded_to_the_nearest_minor_unit(gross: Money, rate: Rate) -> None:
    exact = Fraction(gross.amount) / (1 + Fraction(rate.value))
    difference = abs(Fraction(rate.tax_exclusive(gross).amount) - exact)
    assert difference <= Fraction(1, 2 * 10 ** precision(gross.currency))


def test_a_rate_is_a_decimal_string_in_json() -> None:
    line = Line.model_validate_json('{"tax_rate": "0.130"}')
    assert line == Line(tax_rate=VAT)
    assert line.model_dump_json() == '{"tax_rate":"0.13"}'
    assert line.model_dump() == {"tax_rate": VAT}


@pytest.mark.parametrize(
    ("value", "error"),
    [("-0.1", "greater_than_equal"), ("13%", "decimal_string"), (0.13, "decimal_string")],
)
def test_invalid_rates_in_json_are_refused(value: Any, error: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Line.model_validate({"tax_rate": value})
    assert [(one["loc"], one["type"]) for one in caught.value.errors()] == [(("tax_rate",), error)]


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_schema_is_the_same_for_input_and_output(mode: Any) -> None:
    schema = Line.model_json_schema(mode=mode)["properties"]["tax_rate"]
    assert (schema["type"], schema["pattern"]) == ("string", UNSIGNED_DECIMAL_PATTERN)
    assert schema["default"] == "0"


def test_a_rate_in_an_untyped_field_is_a_decimal_string() -> None:
    assert to_jsonable_python({"rate": VAT}) == {"rate": "0.13"}
