"""Rate: a fraction of an amount, such as a tax rate of 0.13 (13 %)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, SchemaSerializer, core_schema

from kernel.decimals import (
    EXACT_CONTEXT,
    UNSIGNED_DECIMAL_PATTERN,
    NonNegativeDecimal,
    ensure_number,
    parse_decimal,
    plain_text,
)
from kernel.money import Money


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """A fraction, 1 being 100 %; more than 1 is allowed (a mark-up), less than 0 is not.

    It is a decimal string in JSON. Raises ValueError when negative or not a number, TypeError for
    a float.
    """

    __pydantic_serializer__: ClassVar[SchemaSerializer]

    value: Decimal

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", ensure_number(self.value))
        if self.value < 0:
            raise ValueError(f"a rate of {self.value} is negative")

    @classmethod
    def parse(cls, value: str | Decimal) -> Rate:
        """`Rate.parse("0.13")`; raises ValueError as `parse_decimal` does, or when negative."""
        return cls(parse_decimal(value))

    def of(self, money: Money) -> Money:
        """This fraction of an amount, rounded half up to the minor unit of its currency."""
        return money.times(self.value).rounded()

    def tax_of_net(self, net: Money) -> Money:
        """The tax on a net price: net x rate, rounded half up."""
        return self.of(net)

    def tax_inclusive(self, net: Money) -> Money:
        """The gross price: net + tax, so that net, tax and gross sum."""
        return net + self.tax_of_net(net)

    def tax_exclusive(self, gross: Money) -> Money:
        """The net price: gross / (1 + rate), rounded half up (含税价 ÷ (1 + 税率))."""
        net = EXACT_CONTEXT.divide(gross.amount, EXACT_CONTEXT.add(1, self.value))
        return Money(net, gross.currency).rounded()

    def tax_in_gross(self, gross: Money) -> Money:
        """The tax in a gross price: gross - net, so that net, tax and gross sum."""
        return gross - self.tax_exclusive(gross)

    def __str__(self) -> str:
        return plain_text(self.value)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda value, inner: value if isinstance(value, cls) else cls(inner(value)),
            handler.generate_schema(NonNegativeDecimal),
            serialization=core_schema.plain_serializer_function_ser_schema(
                str, return_schema=core_schema.str_schema(), when_used="json"
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": UNSIGNED_DECIMAL_PATTERN}


# Else a rate in a default or a field of type Any is written as a dataclass: {"value": "0.13"}.
Rate.__pydantic_serializer__ = TypeAdapter(Rate).serializer
