"""Request and response bodies of products, and the row of a product import."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from chassis.records.answers import RecordOut
from cpq.products.domain import ProductRow
from kernel.decimals import PriceDecimal
from kernel.money import CurrencyCode
from kernel.quantity import UnitCode
from kernel.texts import TrimmedText

# Visible characters, with single spaces between words: no two SKUs look the same in print.
Sku = Annotated[
    str,
    TrimmedText(min_length=1, max_length=64, pattern=r"^\S+( \S+)*$"),
]
ProductName = Annotated[str, TrimmedText(min_length=1, max_length=200)]
Series = Annotated[str, TrimmedText(min_length=1, max_length=100)]
# Of price books; a row of a product import may name one.
BookName = Annotated[str, TrimmedText(min_length=1, max_length=200)]


class ProductIn(BaseModel):
    """A new product."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"sku": "GTX-BASIC", "name": "GTX 基础版", "unit": "PCS"}]},
    )

    sku: Sku
    name: ProductName
    unit: UnitCode = "PCS"
    series: Series | None = Field(None, description="The product family")
    custom_fields: dict[str, Any] = {}
    active: StrictBool = Field(default=True, description="Only active products can be quoted")


class ProductEdit(BaseModel):
    """The fields of a product that can be edited; deactivate and reactivate change `active`."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [{"name": "GTX 2"}]}
    )

    sku: Sku
    name: ProductName
    unit: UnitCode
    series: Series | None = None
    custom_fields: dict[str, Any] = {}


class ProductOut(RecordOut):
    """A product."""

    sku: str
    name: str
    unit: str
    series: str | None
    active: bool


class ProductRowIn(BaseModel):
    """A row of a product import file; the price is per unit."""

    model_config = ConfigDict(extra="forbid")

    sku: Sku
    name: ProductName
    series: Series | None = None
    unit: UnitCode | None = None
    price: PriceDecimal | None = None
    currency: CurrencyCode | None = None
    price_book: BookName | None = None
    custom_fields: dict[str, str] = {}

    def to_row(self) -> ProductRow:
        return ProductRow(**self.model_dump())
