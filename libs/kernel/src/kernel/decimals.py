"""The one JSON type of amounts, quantities and rates: a string, as JSON numbers are floats."""

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Annotated, Final

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from kernel.errors import RuleBroken

PATTERN: Final = r"^-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,6})?$"
UNSIGNED_PATTERN: Final = r"^(0|[1-9][0-9]{0,15})(\.[0-9]{1,6})?$"
LIMIT: Final = Decimal(10) ** 16  # what numeric(22,6) holds
SMALLEST: Final = Decimal("0.000001")

# The ambient context rounds to 28 digits without a word; a price times a quantity can have 44.
EXACT: Final = Context(prec=100, rounding=ROUND_HALF_UP)

_SHAPE = re.compile(PATTERN.removeprefix("^").removesuffix("$"), re.ASCII)


class NumberTooLarge(RuleBroken):
    """A calculation left the range of 16 digits before the point; code NUMBER_TOO_LARGE."""

    def __init__(self) -> None:
        super().__init__("NUMBER_TOO_LARGE")


def parse_decimal(value: object) -> Decimal:
    """A decimal from a string of `PATTERN` (no `-0`), or a Decimal that such a string can say.

    Raises PydanticCustomError (a ValueError) of type `decimal_string` for anything else.
    """
    if isinstance(value, str) and _SHAPE.fullmatch(value):
        number = Decimal(value)
        if not (number.is_zero() and value.startswith("-")):
            return number
    elif isinstance(value, Decimal) and _can_be_said(value):
        return without_negative_zero(value)
    raise PydanticCustomError(
        "decimal_string", 'Input should be a decimal number in a string, such as "1234.50"'
    )


def _can_be_said(value: Decimal) -> bool:
    in_range = value.is_finite() and value.copy_abs() < LIMIT
    return in_range and value == EXACT.quantize(value, SMALLEST)


def plain_text(value: Decimal, least: int = 0) -> str:
    """Plain notation with `least` to six digits after the point and no further zeros.

    Half up at the sixth digit; equal numbers give equal texts, whatever zeros a database adds.
    """
    six_digits = without_negative_zero(EXACT.quantize(value, SMALLEST))
    whole, fraction = format(six_digits, "f").split(".")
    fraction = fraction.rstrip("0").ljust(least, "0")
    return f"{whole}.{fraction}" if fraction else whole


def ensure_number(value: Decimal) -> Decimal:
    """The value itself, with no sign on a zero.

    Raises TypeError for floats and the like, ValueError for NaN and infinity, and
    NumberTooLarge from 10**16 on.
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"a Decimal is needed, not {type(value).__name__}")
    if not value.is_finite():
        raise ValueError(f"{value} is not a number to calculate with")
    if value.copy_abs() >= LIMIT:
        raise NumberTooLarge
    return without_negative_zero(value)


def without_negative_zero(value: Decimal) -> Decimal:
    """`Decimal(0) * -1` is -0, which no reader of JSON expects."""
    return value.copy_abs() if value.is_zero() else value


DecimalString = Annotated[
    Decimal,
    PlainValidator(parse_decimal),
    PlainSerializer(plain_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": PATTERN}),
]
_Unsigned = WithJsonSchema({"type": "string", "pattern": UNSIGNED_PATTERN})
NonNegativeDecimal = Annotated[DecimalString, Field(ge=0), _Unsigned]
PositiveDecimal = Annotated[DecimalString, Field(gt=0), _Unsigned]
RateDecimal = Annotated[DecimalString, Field(ge=0, le=1), _Unsigned]
