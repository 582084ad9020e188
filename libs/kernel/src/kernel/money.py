"""Money: an exact decimal amount of one currency, without floats or mixed currencies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Annotated, ClassVar

from pydantic import AfterValidator, ConfigDict, WithJsonSchema, field_serializer
from pydantic_core import PydanticCustomError

from kernel.currencies import ACTIVE_CURRENCIES, CurrencyCode, minor_unit, precision
from kernel.decimals import (
    AMOUNT_DIGITS,
    DECIMAL_PATTERN,
    EXACT_CONTEXT,
    PRICE_DIGITS,
    DecimalString,
    ensure_digits,
    ensure_number,
    parse_decimal,
    plain_text,
)
from kernel.errors import RuleBroken

__all__ = [
    "ACTIVE_CURRENCIES",
    "CurrencyCode",
    "CurrencyMismatch",
    "Money",
    "NonNegativeMoney",
    "PositiveMoney",
    "PreciseMoney",
    "Price",
    "precision",
]

_AmountText = Annotated[str, WithJsonSchema({"type": "string", "pattern": DECIMAL_PATTERN})]


class CurrencyMismatch(RuleBroken):
    """Amounts of two currencies were added or compared; code CURRENCY_MISMATCH."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__("CURRENCY_MISMATCH", expected=expected, actual=actual)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in major units (yuan, not fen) with its ISO 4217 currency."""

    # In Python: TypeError for a float, ValueError for NaN or an unknown currency, NumberTooLarge
    # from 10**16 on. JSON takes active currencies only; rows and code may carry withdrawn ones.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    amount: DecimalString
    currency: CurrencyCode

    def __post_init__(self) -> None:
        precision(self.currency)
        amount = ensure_number(self.amount)
        if amount is not self.amount:
            object.__setattr__(self, "amount", amount)

    @classmethod
    def of(cls, amount: str | Decimal, currency: str) -> Money:
        """`Money.of("12.30", "CNY")`; raises ValueError as `parse_decimal` and `precision` do."""
        return cls(parse_decimal(amount), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Zero of a currency, the start value of `sum(amounts, Money.zero("CNY"))`."""
        return cls(Decimal(0), currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """The exact sum of amounts of one currency, zero of none. Raises CurrencyMismatch."""
        exact = Decimal(0)
        for one in amounts:
            if one.currency != currency:
                raise CurrencyMismatch(currency, one.currency)
            exact = EXACT_CONTEXT.add(exact, one.amount)
        return cls(exact, currency)

    @property
    def is_zero(self) -> bool:
        return self.amount == 0

    @property
    def is_negative(self) -> bool:
        return self.amount < 0

    @property
    def is_rounded(self) -> bool:
        """Whether the amount has no more decimal places than its currency."""
        return self.amount == self._in_minor_units()

    def __add__(self, other: Money) -> Money:
        """The exact sum. Raises CurrencyMismatch, as do `-` and the four order comparisons."""
        return Money(EXACT_CONTEXT.add(self.amount, self._amount_of(other)), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(EXACT_CONTEXT.subtract(self.amount, self._amount_of(other)), self.currency)

    def __neg__(self) -> Money:
        return Money(self.amount.copy_negate(), self.currency)

    # Equality comes from the dataclass: amounts of different currencies are not equal.
    def __lt__(self, other: Money) -> bool:
        return self.amount < self._amount_of(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._amount_of(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._amount_of(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._amount_of(other)

    def __str__(self) -> str:
        return f"{plain_text(self.amount, precision(self.currency))} {self.currency}"

    def times(self, factor: Decimal) -> Money:
        """The exact product, unrounded; call `.rounded()` where the business rule rounds."""
        return Money(EXACT_CONTEXT.multiply(self.amount, ensure_number(factor)), self.currency)

    def rounded(self) -> Money:
        """The amount rounded half up to the currency's minor unit; halves go away from zero."""
        return Money(self._in_minor_units(), self.currency)

    def split(self, weights: Sequence[Decimal]) -> list[Money]:
        """Split the amount in proportion to the weights; the parts sum to exactly this amount.

        Uses the largest-remainder method (Hamilton's method) in minor units: each part is its exact
        share rounded down, and the remaining units go one each to the largest remainders, to the
        earlier part among equal ones. So every part differs from its exact share by less than one
        minor unit, a weight of zero gets nothing, and the parts of `-m` are those of `m` negated.
        Weights may be negative (a credit line). Raises ValueError when this amount is not rounded
        to minor units, or when the weights sum to zero.
        """
        if not self.is_rounded:
            raise ValueError(f"{self} must be rounded before it is split")
        digits = precision(self.currency)
        units = int(EXACT_CONTEXT.scaleb(self.amount, digits))
        sign = -1 if units < 0 else 1
        parts = _largest_remainder(abs(units), weights)
        return [
            Money(EXACT_CONTEXT.scaleb(Decimal(sign * part), -digits), self.currency)
            for part in parts
        ]

    def _in_minor_units(self) -> Decimal:
        return EXACT_CONTEXT.quantize(self.amount, minor_unit(self.currency))

    def _amount_of(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.amount

    @field_serializer("amount", when_used="json")
    def _amount_text(self, amount: Decimal) -> _AmountText:
        return plain_text(amount, precision(self.currency))


def _ensure_rounded(money: Money) -> Money:
    if not money.is_rounded:
        raise PydanticCustomError(
            "AMOUNT_TOO_PRECISE",
            "Input should have no more decimals than its currency",
            {"currency": money.currency, "digits": precision(money.currency)},
        )
    return money


def _ensure_amount(money: Money) -> Money:
    ensure_digits(money.amount, AMOUNT_DIGITS)
    return money


def _ensure_price(money: Money) -> Money:
    ensure_digits(money.amount, PRICE_DIGITS)
    return money


def _ensure_not_negative(money: Money) -> Money:
    if money.is_negative:
        raise PydanticCustomError(
            "TOO_SMALL", "Input should not be less than 0", {"relation": ">=", "limit": 0}
        )
    return money


def _ensure_positive(money: Money) -> Money:
    if money.amount <= 0:
        raise PydanticCustomError(
            "TOO_SMALL", "Input should be greater than 0", {"relation": ">", "limit": 0}
        )
    return money


# The price of one unit as it is typed in; it may have more decimals than its currency.
Price = Annotated[Money, AfterValidator(_ensure_price)]
# The amount of a document as it is typed in: it can be paid, so it has no more decimals than its
# currency.
PreciseMoney = Annotated[Money, AfterValidator(_ensure_amount), AfterValidator(_ensure_rounded)]
NonNegativeMoney = Annotated[PreciseMoney, AfterValidator(_ensure_not_negative)]
PositiveMoney = Annotated[PreciseMoney, AfterValidator(_ensure_positive)]


def _largest_remainder(units: int, weights: Sequence[Decimal]) -> list[int]:
    fractions = [Fraction(weight) for weight in weights]
    total = sum(fractions, Fraction())
    if not total:
        raise ValueError("the weights of a split must not sum to zero")
    shares = [units * weight / total for weight in fractions]
    parts = [floor(share) for share in shares]
    remaining = units - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda index: parts[index] - shares[index])
    for index in by_remainder[:remaining]:
        parts[index] += 1
    return parts
