import json
import re
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from kernel.decimals import (
    AMOUNT_DIGITS,
    DECIMAL_PATTERN,
    PRICE_DIGITS,
    AmountDecimal,
    DecimalString,
    NonNegativeDecimal,
    NumberTooLarge,
    PositiveDecimal,
    PriceDecimal,
    RateDecimal,
    ensure_number,
    parse_decimal,
    plain_text,
)

bounded = settings(max_examples=200, deadline=None)
decimals = TypeAdapter(DecimalString)
six_digit_decimals = st.integers(-(10**22) + 1, 10**22 - 1).map(lambda n: Decimal(n).scaleb(-6))


class Line(BaseModel):
    quantity: DecimalString
    price: PositiveDecimal | None = None


def types_of(error: ValidationError) -> list[str]:
    return [one["type"] for one in error.errors()]


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "0.0",
        "1",
        "-1",
        "10",
        "0.1",
        "-0.000001",
        "1234.50",
        "9" * 16,
        "-" + "9" * 16 + ".999999",
    ],
)
def test_plain_decimal_strings_are_accepted(text: str) -> None:
    assert decimals.validate_json(f'"{text}"') == Decimal(text)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "-", ".", "1.", ".5", "+1", "--1", " 1", "1 ", "1\n", "1.5\n", "\n1", "01", "007",
        "-01", "-0", "-0.0", "-0.00", "1e5", "1E5", "1e-2", "NaN", "nan", "Infinity", "-inf",
        "1,000", "1_000", "１２３", "1.５", "٣", "1.0000000", "0x10", "1/2",
        "1.2.3", "½", "1\x00", "\ud800", "1\u2028", "−1",
    ],
)  # fmt: skip
def test_other_strings_are_refused(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        decimals.validate_python(text)
    assert types_of(caught.value) == ["decimal_string"]


@pytest.mark.parametrize("text", ["1" + "0" * 16, "-" + "9" * 17, "9" * 19 + ".5"])
def test_a_number_with_too_many_digits_is_refused_as_too_large(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        decimals.validate_python(text)
    assert types_of(caught.value) == ["NUMBER_TOO_LARGE"]


@pytest.mark.parametrize(
    ("kind", "digits"), [(AmountDecimal, AMOUNT_DIGITS), (PriceDecimal, PRICE_DIGITS)]
)
def test_amounts_and_prices_have_a_ceiling(kind: Any, digits: int) -> None:
    adapter = TypeAdapter[Decimal](kind)
    largest = "9" * digits + ".999999"
    assert adapter.validate_python(largest) == Decimal(largest)
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python("1" + "0" * digits)
    assert types_of(caught.value) == ["AMOUNT_TOO_LARGE"]


@pytest.mark.parametrize("kind", [AmountDecimal, PriceDecimal])
@pytest.mark.parametrize(
    "card", ["30569309025904", "378282246310005", "378282246310005.00", "4111111111111111"]
)
def test_card_numbers_are_no_amounts(kind: Any, card: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter[Decimal](kind).validate_python(card)
    assert types_of(caught.value) == ["CARD_NUMBER"]


def test_a_card_number_too_long_for_any_number_is_recognized_in_typed_numbers_only() -> None:
    with pytest.raises(ValidationError) as caught:
        decimals.validate_python("6221261234567890129")
    assert types_of(caught.value) == ["CARD_NUMBER"]
    assert decimals.validate_python("378282246310005") == Decimal("378282246310005")


@pytest.mark.parametrize("value", [1, 0, 1.5, True, None, [], {}, b"1", float("nan")])
def test_other_types_than_strings_and_decimals_are_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="decimal number in a string"):
        decimals.validate_python(value)


@pytest.mark.parametrize("body", ["1", "1.5", "1e5", "NaN", "true", "null", "[]", '"\\u0661"'])
def test_json_numbers_are_refused(body: str) -> None:
    with pytest.raises(ValidationError) as caught:
        decimals.validate_json(body)
    assert types_of(caught.value) == ["decimal_string"]


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E+3", "1000"), ("1.500000000", "1.5"), ("-0.00", "0"), ("0E-9", "0"), ("1E-6", "0.000001")],
)
def test_decimals_that_fit_the_pattern_are_accepted(value: str, text: str) -> None:
    assert Line(quantity=Decimal(value)).model_dump(mode="json")["quantity"] == text


@pytest.mark.parametrize(
    "value", ["NaN", "sNaN", "Infinity", "1E+16", "-1E+16", "1E-7", "0.1234567"]
)
def test_decimals_that_do_not_fit_the_pattern_are_refused(value: str) -> None:
    with pytest.raises(ValidationError, match="decimal number in a string"):
        decimals.validate_python(Decimal(value))


def test_decimals_are_strings_in_json_only() -> None:
    line = Line(quantity=Decimal("2.500000"))
    assert line.model_dump() == {"quantity": Decimal("2.5"), "price": None}
    assert json.loads(line.model_dump_json()) == {"quantity": "2.5", "price": None}


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_schema_is_a_string_with_a_pattern(mode: Any) -> None:
    assert decimals.json_schema(mode=mode) == {"type": "string", "pattern": DECIMAL_PATTERN}
    for kind in (PositiveDecimal, NonNegativeDecimal, RateDecimal):
        schema = TypeAdapter[Decimal](kind).json_schema(mode=mode)
        assert schema == {"type": "string", "pattern": DECIMAL_PATTERN.replace("-?", "")}


@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [
        (PositiveDecimal, "0", "greater_than"),
        (PositiveDecimal, "-1", "greater_than"),
        (NonNegativeDecimal, "-0.01", "greater_than_equal"),
        (RateDecimal, "-0.01", "greater_than_equal"),
        (RateDecimal, "1.000001", "less_than_equal"),
        (PositiveDecimal, "1e5", "decimal_string"),
        (RateDecimal, "-0", "decimal_string"),
    ],
)
def test_values_out_of_bounds_are_refused(kind: Any, text: str, error: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(text)
    assert types_of(caught.value) == [error]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (PositiveDecimal, "0.000001"),
        (NonNegativeDecimal, "0"),
        (RateDecimal, "0"),
        (RateDecimal, "1"),
    ],
)
def test_values_on_inclusive_bounds_are_accepted(kind: Any, text: str) -> None:
    assert TypeAdapter(kind).validate_python(text) == Decimal(text)


@pytest.mark.parametrize(
    ("value", "least", "text"),
    [
        ("1234.5", 2, "1234.50"),
        ("1234.500000", 0, "1234.5"),
        ("0.1234565", 2, "0.123457"),
        ("-0.0000001", 0, "0"),
        ("100", 0, "100"),
        ("100", 2, "100.00"),
        ("1E+15", 0, "1" + "0" * 15),
    ],
)
def test_plain_text_has_the_requested_decimal_places(value: str, least: int, text: str) -> None:
    assert plain_text(Decimal(value), least) == text


def test_a_number_must_be_exact_finite_and_in_range() -> None:
    with pytest.raises(TypeError, match="float"):
        ensure_number(1.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="NaN"):
        ensure_number(Decimal("NaN"))
    with pytest.raises(NumberTooLarge) as caught:
        ensure_number(Decimal("-1E+16"))
    assert caught.value.code == "NUMBER_TOO_LARGE"


@bounded
@given(six_digit_decimals)
def test_every_number_in_range_is_unchanged_by_json(number: Decimal) -> None:
    text = decimals.dump_json(number)
    assert re.fullmatch(DECIMAL_PATTERN, text.decode().strip('"'), re.ASCII)
    assert decimals.validate_json(text) == number


@bounded
@given(six_digit_decimals)
def test_the_decimal_context_of_the_caller_does_not_matter(number: Decimal) -> None:
    with localcontext() as context:
        context.prec = 3
        assert decimals.validate_json(decimals.dump_json(number)) == number


@bounded
@given(st.text() | st.text("0123456789.-+eE_ \n０９٣", max_size=12))
def test_random_text_is_refused_unless_it_fits_the_pattern(text: str) -> None:
    fits = re.fullmatch(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,6})?", text)
    if fits and not re.fullmatch(r"-0(\.0+)?", text):
        assert parse_decimal(text) == Decimal(text)
    else:
        with pytest.raises(ValueError, match="decimal number in a string"):
            parse_decimal(text)


@bounded
@given(st.from_regex(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,6})?", fullmatch=True))
def test_text_that_fits_the_pattern_is_written_as_it_was_read(text: str) -> None:
    assume(not re.fullmatch(r"-0(\.0+)?", text))
    digits = len(text.partition(".")[2])
    assert plain_text(parse_decimal(text), digits) == text
