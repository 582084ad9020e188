"""Sums of money: totals over any number of amounts, with more room than an amount has."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Final

from pydantic import ConfigDict, WithJsonSchema, field_serializer

from kernel.currencies import CurrencyCode, precision
from kernel.decimals import (
    EXACT_CONTEXT,
    SUM_LIMIT,
    SUM_PATTERN,
    NumberTooLarge,
    plain_text,
    without_negative_zero,
)
from kernel.money import CurrencyMismatch, Money

_SumText = Annotated[str, WithJsonSchema({"type": "string", "pattern": SUM_PATTERN})]
_SumDecimal = Annotated[Decimal, WithJsonSchema({"type": "string", "pattern": SUM_PATTERN})]
SUM_DIGITS: Final = 28  # what a column of sums holds: numeric(28,6)


@dataclass(frozen=True, slots=True)
class MoneySum:
    """The sum of amounts of one currency; a million of the largest amounts still fit.

    A sum is read, never typed in: funnels, balances, reconciliations and totals answer it. Raises
    TypeError for a float, ValueError for an unknown currency, NumberTooLarge from 10**22 on.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    amount: _SumDecimal
    currency: CurrencyCode

    def __post_init__(self) -> None:
        precision(self.currency)
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"the sum must be a Decimal, not {type(self.amount).__name__}")
        if not self.amount.copy_abs() < SUM_LIMIT:
            raise NumberTooLarge
        object.__setattr__(self, "amount", without_negative_zero(self.amount))

    @classmethod
    def of(cls, amount: str | Decimal, currency: str) -> MoneySum:
        """`MoneySum.of("12.30", "CNY")`; the amount is a plain decimal number."""
        return cls(Decimal(amount), currency)

    @classmethod
    def zero(cls, currency: str) -> MoneySum:
        """Zero of a currency, the start value of `sum(amounts, MoneySum.zero("CNY"))`."""
        return cls(Decimal(0), currency)

    def __add__(self, other: MoneySum | Money) -> MoneySum:
        """The exact sum. Raises CurrencyMismatch, as do `-`, `<` and `>`."""
        return MoneySum(EXACT_CONTEXT.add(self.amount, self._amount_of(other)), self.currency)

    def __sub__(self, other: MoneySum | Money) -> MoneySum:
        return MoneySum(EXACT_CONTEXT.subtract(self.amount, self._amount_of(other)), self.currency)

    def __lt__(self, other: MoneySum | Money) -> bool:
        return self.amount < self._amount_of(other)

    def __gt__(self, other: MoneySum | Money) -> bool:
        return self.amount > self._amount_of(other)

    def __str__(self) -> str:
        return f"{plain_text(self.amount, precision(self.currency))} {self.currency}"

    def _amount_of(self, other: MoneySum | Money) -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.amount

    @field_serializer("amount", when_used="json")
    def _amount_text(self, amount: Decimal) -> _SumText:
        return plain_text(amount, precision(self.currency))
