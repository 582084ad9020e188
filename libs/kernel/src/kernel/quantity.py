"""Quantity: an exact number of one unit. Only the product knows how to convert units."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import ConfigDict, StringConstraints

from kernel.decimals import EXACT_CONTEXT, DecimalString, ensure_number, parse_decimal, plain_text
from kernel.errors import RuleBroken

# A unit code as ERPs use it, not a label: PCS, kg, m2, 台. No spaces, no control characters.
UnitCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z\u4e00-\u9fff_./%-]{1,16}$")]


class UnitMismatch(RuleBroken):
    """Quantities of two units were added or compared; code UNIT_MISMATCH."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__("UNIT_MISMATCH", expected=expected, actual=actual)


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact number of one unit; negative for returned goods."""

    # In Python: TypeError for a float, ValueError for NaN, NumberTooLarge from 10**16 on.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    value: DecimalString
    unit: UnitCode

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", ensure_number(self.value))

    @classmethod
    def of(cls, value: str | Decimal, unit: str) -> Quantity:
        """`Quantity.of("3", "PCS")`; raises ValueError as `parse_decimal` does."""
        return cls(parse_decimal(value), unit)

    @classmethod
    def zero(cls, unit: str) -> Quantity:
        return cls(Decimal(0), unit)

    @property
    def is_zero(self) -> bool:
        return self.value == 0

    @property
    def is_negative(self) -> bool:
        return self.value < 0

    def __add__(self, other: Quantity) -> Quantity:
        """The exact sum. Raises UnitMismatch, as do `-` and the four order comparisons."""
        return Quantity(EXACT_CONTEXT.add(self.value, self._value_of(other)), self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(EXACT_CONTEXT.subtract(self.value, self._value_of(other)), self.unit)

    def __neg__(self) -> Quantity:
        return Quantity(self.value.copy_negate(), self.unit)

    def __lt__(self, other: Quantity) -> bool:
        return self.value < self._value_of(other)

    def __le__(self, other: Quantity) -> bool:
        return self.value <= self._value_of(other)

    def __gt__(self, other: Quantity) -> bool:
        return self.value > self._value_of(other)

    def __ge__(self, other: Quantity) -> bool:
        return self.value >= self._value_of(other)

    def __str__(self) -> str:
        return f"{plain_text(self.value)} {self.unit}"

    def _value_of(self, other: Quantity) -> Decimal:
        if other.unit != self.unit:
            raise UnitMismatch(self.unit, other.unit)
        return other.value
