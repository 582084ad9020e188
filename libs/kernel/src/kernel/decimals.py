"""Decimal numbers of amounts, quantities and rates: strings in JSON, as JSON numbers are floats."""

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from kernel.card_numbers import is_card_number
from kernel.errors import RuleBroken

DECIMAL_PATTERN: Final = r"^-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,6})?$"
UNSIGNED_DECIMAL_PATTERN: Final = r"^(0|[1-9][0-9]{0,15})(\.[0-9]{1,6})?$"
SUM_PATTERN: Final = r"^-?(0|[1-9][0-9]{0,21})(\.[0-9]{1,6})?$"

# The ceilings. What people or systems type in is held to the digits of its kind; what is computed
# from it (the lines and totals of a document) to DECIMAL_LIMIT; sums over records to SUM_LIMIT.
# The number of a payment card, typed as an amount by mistake, is refused whatever its length.
PRICE_DIGITS: Final = 13  # before the point, of the price of one unit
AMOUNT_DIGITS: Final = 15  # before the point, of the amount of a document
DECIMAL_LIMIT: Final = Decimal(10) ** 16  # what numeric(22,6) holds
SUM_LIMIT: Final = Decimal(10) ** 22  # what numeric(28,6) holds
SMALLEST_DECIMAL: Final = Decimal("0.000001")
TEXTS_KEPT: Final = 10_000  # of numbers, by a process: those of some documents of 500 lines

# The default context silently rounds to 28 digits; a price times a quantity can have 44.
EXACT_CONTEXT: Final = Context(prec=100, rounding=ROUND_HALF_UP)

_SHAPE = re.compile(DECIMAL_PATTERN.removeprefix("^").removesuffix("$"), re.ASCII)
_TOO_LONG = re.compile(r"-?[1-9][0-9]{16,}(\.[0-9]{1,6})?", re.ASCII)


class NumberTooLarge(RuleBroken):
    """A number has more than 16 digits before the point; code NUMBER_TOO_LARGE."""

    def __init__(self) -> None:
        super().__init__("NUMBER_TOO_LARGE")


def parse_decimal(value: object) -> Decimal:
    """Read a decimal from a string of `DECIMAL_PATTERN` (no `-0`) or a Decimal that fits it.

    Raises PydanticCustomError (a ValueError): NUMBER_TOO_LARGE or CARD_NUMBER from 10**16 on,
    `decimal_string` for anything else.
    """
    if isinstance(value, str) and _SHAPE.fullmatch(value):
        number = Decimal(value)
        if not (number.is_zero() and value.startswith("-")):
            return number
    elif isinstance(value, Decimal) and _fits_pattern(value):
        return without_negative_zero(value)
    if isinstance(value, str) and _TOO_LONG.fullmatch(value):
        ensure_no_card_number(Decimal(value))
        raise PydanticCustomError("NUMBER_TOO_LARGE", "Input should be less than 10**16")
    raise PydanticCustomError(
        "decimal_string", 'Input should be a decimal number in a string, such as "1234.50"'
    )


def _fits_pattern(value: Decimal) -> bool:
    in_range = value.is_finite() and value.copy_abs() < DECIMAL_LIMIT
    return in_range and value == EXACT_CONTEXT.quantize(value, SMALLEST_DECIMAL)


@lru_cache(maxsize=TEXTS_KEPT)
def plain_text(value: Decimal, least: int = 0) -> str:
    """Write a number with `least` to six decimal places, without further trailing zeros.

    Rounds half up at the sixth place. Equal numbers give equal texts, whatever trailing zeros a
    database adds; so texts are kept, as an event and an answer write the same numbers.
    """
    six_digits = without_negative_zero(EXACT_CONTEXT.quantize(value, SMALLEST_DECIMAL))
    whole, fraction = format(six_digits, "f").split(".")
    fraction = fraction.rstrip("0").ljust(least, "0")
    return f"{whole}.{fraction}" if fraction else whole


def ensure_number(value: Decimal) -> Decimal:
    """Return the value, with the sign of a negative zero removed.

    Raises TypeError for anything but a Decimal, ValueError for NaN and infinity, and
    NumberTooLarge from 10**16 on.
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"the value must be a Decimal, not {type(value).__name__}")
    if not value.is_finite():
        raise ValueError(f"{value} is not a finite number")
    if not -DECIMAL_LIMIT < value < DECIMAL_LIMIT:
        raise NumberTooLarge
    return without_negative_zero(value)


def ensure_no_card_number(value: Decimal) -> Decimal:
    """Return a number that is likely no card number. Raises PydanticCustomError (CARD_NUMBER)."""
    if value == value.to_integral_value() and is_card_number(format(value.copy_abs(), ".0f")):
        raise PydanticCustomError("CARD_NUMBER", "Input should be no number of a payment card")
    return value


def ensure_digits(value: Decimal, digits: int) -> Decimal:
    """Return a number with at most so many digits before the point, which is no card number.

    Raises PydanticCustomError of type AMOUNT_TOO_LARGE or CARD_NUMBER.
    """
    ensure_no_card_number(value)
    if value.copy_abs() >= Decimal(10) ** digits:
        raise PydanticCustomError(
            "AMOUNT_TOO_LARGE",
            "Input should have at most {digits} digits before the decimal point",
            {"digits": digits},
        )
    return value


def without_negative_zero(value: Decimal) -> Decimal:
    """Remove the sign of a zero: `Decimal(0) * -1` is -0, which readers of JSON do not expect."""
    return value if value else value.copy_abs()


DecimalString = Annotated[
    Decimal,
    PlainValidator(parse_decimal),
    PlainSerializer(plain_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": DECIMAL_PATTERN}),
]
_Unsigned = WithJsonSchema({"type": "string", "pattern": UNSIGNED_DECIMAL_PATTERN})
NonNegativeDecimal = Annotated[DecimalString, Field(ge=0), _Unsigned]
PositiveDecimal = Annotated[DecimalString, Field(gt=0), _Unsigned]
RateDecimal = Annotated[DecimalString, Field(ge=0, le=1), _Unsigned]

# Amounts and prices without a currency, as the cells of files have them.
AmountDecimal = Annotated[
    NonNegativeDecimal, AfterValidator(lambda value: ensure_digits(value, AMOUNT_DIGITS))
]
PriceDecimal = Annotated[
    NonNegativeDecimal, AfterValidator(lambda value: ensure_digits(value, PRICE_DIGITS))
]
