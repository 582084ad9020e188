import json
from dataclasses import FrozenInstanceError
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from kernel.decimals import DECIMAL_PATTERN, NumberTooLarge
from kernel.errors import DomainError
from kernel.money import ACTIVE_CURRENCIES, CurrencyMismatch, Money, PreciseMoney, precision

bounded = settings(max_examples=200, deadline=None)
currencies = st.sampled_from(sorted(ACTIVE_CURRENCIES))


@st.composite
def rounded_money(draw: st.DrawFn) -> Money:
    currency = draw(currencies)
    units = draw(st.integers(-(10**12), 10**12))
    return Money(Decimal(units).scaleb(-precision(currency)), currency)


weight = st.decimals(0, 10**9, allow_nan=False, places=6)
signed_weight = st.decimals(-(10**3), 10**3, allow_nan=False, places=2)


class Invoice(BaseModel):
    total: Money
    deposit: Money | None = None


def cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def decimals(*values: str) -> list[Decimal]:
    return [Decimal(value) for value in values]


def test_sums_differences_and_signs() -> None:
    assert cny("0.10") + cny("0.20") == cny("0.30")
    assert cny("1.00") - cny("2.50") == cny("-1.50")
    assert -cny("1.50") == cny("-1.50")
    assert sum([cny("1"), cny("2")], Money.zero("CNY")) == cny("3")
    assert cny("-0.01").is_negative
    assert not Money.zero("CNY").is_negative
    assert Money.zero("CNY").is_zero
    assert not cny("0.01").is_zero


@bounded
@given(st.lists(rounded_money()), currencies)
def test_a_total_is_what_adding_the_amounts_gives(amounts: list[Money], currency: str) -> None:
    same = [Money(one.rounded().amount, currency) for one in amounts]
    assert Money.total(same, currency) == sum(same, Money.zero(currency))


def test_a_total_has_one_currency() -> None:
    with pytest.raises(CurrencyMismatch):
        Money.total([Money.of("1", "CNY"), Money.of("1", "USD")], "CNY")


def test_amounts_are_ordered() -> None:
    assert cny("1") < cny("2") <= cny("2.00") < cny("10")
    assert cny("10") > cny("2") >= cny("2.00")
    assert max(cny("1"), cny("3"), cny("2")) == cny("3")


def test_equal_amounts_are_equal_whatever_their_trailing_zeros() -> None:
    assert cny("1.5") == cny("1.500000")
    assert hash(cny("1.5")) == hash(cny("1.500000"))
    assert cny("1") != Money.of("1", "USD")


@pytest.mark.parametrize("name", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_amounts_of_two_currencies_cannot_be_combined(name: str) -> None:
    with pytest.raises(CurrencyMismatch) as caught:
        getattr(cny("1"), name)(Money.of("1", "USD"))
    assert isinstance(caught.value, DomainError)
    assert caught.value.code == "CURRENCY_MISMATCH"
    assert caught.value.params == {"expected": "CNY", "actual": "USD"}


def test_money_takes_decimals_and_known_currencies_only() -> None:
    with pytest.raises(TypeError, match="float"):
        Money(1.5, "CNY")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="decimal number in a string"):
        Money.of("1e5", "CNY")
    with pytest.raises(ValueError, match="NaN"):
        Money(Decimal("NaN"), "CNY")
    with pytest.raises(ValueError, match="not an ISO 4217"):
        Money.of("1", "RMB")
    with pytest.raises(FrozenInstanceError):
        cny("1").amount = Decimal(2)  # type: ignore[misc]


def test_zero_has_no_sign() -> None:
    assert str((-Money.zero("CNY")).amount) == "0"
    assert str(cny("-0.001").rounded().amount) == "0.00"
    assert str(cny("5").times(Decimal("-0")).amount) == "0"


def test_a_result_beyond_the_range_raises_number_too_large() -> None:
    largest = cny("9999999999999999.99")
    with pytest.raises(NumberTooLarge):
        largest + largest
    with pytest.raises(NumberTooLarge):
        largest.times(Decimal(10))
    with pytest.raises(NumberTooLarge):
        Money.of("9999999999999999.5", "JPY").rounded()


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1.005", "CNY", "1.01"),
        ("1.004999", "CNY", "1.00"),
        ("-1.005", "CNY", "-1.01"),
        ("0.5", "JPY", "1"),
        ("1234.49", "JPY", "1234"),
        ("1.2345", "KWD", "1.235"),
        ("1.23455", "CLF", "1.2346"),
        ("2.675", "USD", "2.68"),  # the float 2.675 is 2.67499999...
    ],
)
def test_rounding_is_half_up_to_the_currencys_precision(
    amount: str, currency: str, rounded: str
) -> None:
    assert Money.of(amount, currency).rounded() == Money.of(rounded, currency)


def test_a_product_is_exact_until_it_is_rounded() -> None:
    product = cny("9999999999.999999").times(Decimal("0.9999999999999999999999"))
    exact = Fraction("9999999999.999999") * Fraction("0.9999999999999999999999")
    assert Fraction(product.amount) == exact
    # with the 28 digits of the default context this would become 0.005 and then 0.01
    assert cny("0.005").times(Decimal("0." + "9" * 30)).rounded() == cny("0.00")


def split_amounts(amount: str, currency: str, *weights: str) -> list[str]:
    return [str(part.amount) for part in Money.of(amount, currency).split(decimals(*weights))]


def test_splits_worked_by_hand() -> None:
    assert split_amounts("100.00", "CNY", "1", "1", "1") == ["33.34", "33.33", "33.33"]
    assert split_amounts("0.02", "CNY", "1", "1", "1") == ["0.01", "0.01", "0.00"]
    assert split_amounts("100", "JPY", "1", "1", "1") == ["34", "33", "33"]
    assert split_amounts("1.000", "KWD", "1", "2") == ["0.333", "0.667"]
    # shares 1428.57.., 2857.14.., 5714.28.. fen: the first has the largest remainder
    assert split_amounts("100.00", "CNY", "1", "2", "4") == ["14.29", "28.57", "57.14"]
    assert split_amounts("10.00", "CNY", "0", "1", "0") == ["0.00", "10.00", "0.00"]
    assert split_amounts("0.00", "CNY", "3", "4") == ["0.00", "0.00"]
    assert split_amounts("7.77", "CNY", "0.5") == ["7.77"]


def test_a_negative_amount_splits_into_the_negated_parts() -> None:
    assert split_amounts("-100.00", "CNY", "1", "1", "1") == ["-33.34", "-33.33", "-33.33"]


def test_a_negative_weight_gets_a_part_of_the_other_sign() -> None:
    assert split_amounts("-10.00", "CNY", "100", "-20") == ["-12.50", "2.50"]


@pytest.mark.parametrize("weights", [[], ["0"], ["0", "0.00"], ["1", "-1"]])
def test_weights_that_sum_to_zero_are_refused(weights: list[str]) -> None:
    with pytest.raises(ValueError, match="must not sum to zero"):
        cny("1.00").split(decimals(*weights))


def test_only_rounded_money_can_be_split() -> None:
    with pytest.raises(ValueError, match="must be rounded"):
        cny("1.001").split(decimals("1", "1"))


@bounded
@given(rounded_money(), st.lists(weight, min_size=1, max_size=30))
def test_parts_sum_to_the_amount_and_differ_by_less_than_a_minor_unit(
    money: Money, weights: list[Decimal]
) -> None:
    total = sum(map(Fraction, weights), Fraction())
    assume(total)
    parts = money.split(weights)
    unit = Fraction(1, 10 ** precision(money.currency))
    assert sum(parts, Money.zero(money.currency)) == money
    for part, weight_of_part in zip(parts, weights, strict=True):
        assert part == part.rounded()
        assert (
            abs(Fraction(part.amount) - Fraction(money.amount) * Fraction(weight_of_part) / total)
            < unit
        )
        assert weight_of_part or part.is_zero
    assert (-money).split(weights) == [-part for part in parts]


@bounded
@given(rounded_money(), st.lists(signed_weight, min_size=1, max_size=10))
def test_parts_sum_to_the_amount_with_negative_weights(
    money: Money, weights: list[Decimal]
) -> None:
    total = sum(map(Fraction, weights), Fraction())
    assume(abs(total) >= 1)  # with smaller sums the parts leave the range of numbers
    parts = money.split(weights)
    unit = Fraction(1, 10 ** precision(money.currency))
    assert sum(parts, Money.zero(money.currency)) == money
    for part, weight_of_part in zip(parts, weights, strict=True):
        assert (
            abs(Fraction(part.amount) - Fraction(money.amount) * Fraction(weight_of_part) / total)
            < unit
        )


@bounded
@given(rounded_money(), st.integers(1, 50))
def test_equal_weights_give_the_larger_parts_first(money: Money, count: int) -> None:
    sizes = [abs(part.amount) for part in money.split([Decimal(7)] * count)]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234.5", "CNY", "1234.50"),
        ("1234.500000", "CNY", "1234.50"),
        ("1235", "JPY", "1235"),
        ("1235.000000", "JPY", "1235"),
        ("0.123456", "CNY", "0.123456"),
        ("0.1200", "CNY", "0.12"),
        ("-1", "KWD", "-1.000"),
        ("0", "CLF", "0.0000"),
    ],
)
def test_json_has_at_least_the_decimal_places_of_the_currency(
    amount: str, currency: str, text: str
) -> None:
    money = Money.of(amount, currency)
    document = json.loads(Invoice(total=money).model_dump_json())
    assert document == {"total": {"amount": text, "currency": currency}, "deposit": None}
    assert Invoice.model_validate(document).total == money
    assert str(money) == f"{text} {currency}"


def test_unrounded_money_is_written_with_six_decimal_places() -> None:
    third = cny("1").times(Decimal(1) / Decimal(3))
    assert Invoice(total=third).model_dump(mode="json")["total"]["amount"] == "0.333333"


@bounded
@given(rounded_money())
def test_money_is_unchanged_by_a_round_trip_through_json(money: Money) -> None:
    invoice = Invoice(total=money)
    assert Invoice.model_validate_json(invoice.model_dump_json()) == invoice


@pytest.mark.parametrize(
    ("total", "errors"),
    [
        (
            {"amount": "1e5", "currency": "RMB"},
            [("amount", "decimal_string"), ("currency", "currency_unknown")],
        ),
        ({"amount": 1.5, "currency": "CNY"}, [("amount", "decimal_string")]),
        ({"amount": "1", "currency": "cny"}, [("currency", "currency_unknown")]),
        ({"amount": "1", "currency": 156}, [("currency", "string_type")]),
        ({"amount": "1"}, [("currency", "missing")]),
        ({"amount": "1", "currency": "CNY", "tax": "1"}, [("tax", "unexpected_keyword_argument")]),
    ],
)
def test_every_error_is_reported_at_its_place(total: Any, errors: list[tuple[str, str]]) -> None:
    with pytest.raises(ValidationError) as caught:
        Invoice.model_validate({"total": total})
    reported = [(error["loc"], error["type"]) for error in caught.value.errors()]
    assert reported == [(("total", place), kind) for place, kind in errors]


@pytest.mark.parametrize("total", ["1.00", 1, None, [], "CNY 1"])
def test_money_in_json_must_be_an_object(total: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Invoice.model_validate({"total": total})
    assert [error["loc"] for error in caught.value.errors()] == [("total",)]


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_schema_is_the_same_for_input_and_output(mode: Any) -> None:
    schema = Invoice.model_json_schema(mode=mode)["$defs"]["Money"]
    assert schema["properties"]["amount"] == {
        "type": "string",
        "pattern": DECIMAL_PATTERN,
        "title": "Amount",
    }
    assert schema["properties"]["currency"]["pattern"] == "^[A-Z]{3}$"
    assert schema["required"] == ["amount", "currency"]
    assert schema["additionalProperties"] is False


class Price(BaseModel):
    price: PreciseMoney


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("1.50", "CNY"), ("1.500000", "CNY"), ("-0.01", "CNY"), ("2.0", "JPY"), ("1.234", "KWD")],
)
def test_amounts_in_whole_minor_units_are_accepted(amount: str, currency: str) -> None:
    money = Price.model_validate({"price": {"amount": amount, "currency": currency}}).price
    assert money == Money.of(amount, currency)
    assert money.is_rounded


@pytest.mark.parametrize(
    ("amount", "currency", "digits"),
    [("1.234", "CNY", 2), ("1.5", "JPY", 0), ("-999999999999999.999999", "CNY", 2)],
)
def test_fractions_of_a_minor_unit_are_refused(amount: str, currency: str, digits: int) -> None:
    with pytest.raises(ValidationError) as caught:
        Price.model_validate({"price": {"amount": amount, "currency": currency}})
    (error,) = caught.value.errors()
    assert (error["loc"], error["type"]) == (("price",), "AMOUNT_TOO_PRECISE")
    assert error["ctx"] == {"currency": currency, "digits": digits}
    assert not Money.of(amount, currency).is_rounded
