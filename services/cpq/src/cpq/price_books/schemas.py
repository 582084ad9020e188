"""Request and response bodies of price books."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.web.references import Expandable, PersonSubject, RefersTo, ignored_names
from cpq.price_books.domain import MAX_ENTRIES, PriceEntry, PriceTier
from cpq.products.schemas import BookName, ProductOut
from kernel.business_dates import BusinessDate
from kernel.decimals import DecimalString, PositiveDecimal
from kernel.money import CurrencyCode, Money, Price


class PriceTierIn(BaseModel):
    """The unit price of a product from a quantity on."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    from_quantity: PositiveDecimal
    unit_price: Price


class PriceEntryIn(BaseModel):
    """The list price of a product and its quantity tiers, from the smallest quantity up."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    product_id: UUID
    list_price: Price
    tiers: list[PriceTierIn] = Field(default=[], max_length=50)
    _names = ignored_names("product_name", "product")

    def to_entry(self) -> PriceEntry:
        tiers = (
            PriceTier(from_quantity=t.from_quantity, unit_price=t.unit_price) for t in self.tiers
        )
        return PriceEntry(
            product_id=self.product_id, list_price=self.list_price, tiers=tuple(tiers)
        )


class PriceBookIn(BaseModel):
    """A new price book, valid in `[valid_from, valid_to)`; without `valid_to` it stays valid."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "2026 标准价",
                    "currency": "CNY",
                    "valid_from": "2026-01-01",
                    "valid_to": None,
                    "entries": [
                        {
                            "product_id": "019aa9a2-0000-7000-8000-000000000001",
                            "list_price": {"amount": "100.00", "currency": "CNY"},
                            "tiers": [
                                {
                                    "from_quantity": "10",
                                    "unit_price": {"amount": "90.00", "currency": "CNY"},
                                }
                            ],
                        }
                    ],
                }
            ]
        },
    )

    name: BookName
    currency: CurrencyCode
    valid_from: BusinessDate
    valid_to: BusinessDate | None = None
    # The domain requires at least one entry, so that this violation comes with all the others.
    entries: list[PriceEntryIn] = Field(max_length=MAX_ENTRIES, json_schema_extra={"minItems": 1})
    custom_fields: dict[str, Any] = {}


class PriceBookEdit(BaseModel):
    """The fields of a price book that can be edited; `entries` replaces all its prices."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"valid_to": "2027-01-01"}]},
    )

    name: BookName
    valid_from: BusinessDate
    valid_to: BusinessDate | None = None
    entries: list[PriceEntryIn] = Field(max_length=MAX_ENTRIES, json_schema_extra={"minItems": 1})
    custom_fields: dict[str, Any] = {}


class PriceTierOut(BaseModel):
    """The unit price of a product from a quantity on."""

    model_config = ConfigDict(from_attributes=True)

    from_quantity: DecimalString
    unit_price: Money


class PriceEntryOut(BaseModel):
    """The list price of a product and its quantity tiers."""

    model_config = ConfigDict(from_attributes=True)

    product_id: Annotated[UUID, RefersTo("cpq.product")]
    product_name: str | None = None
    product: Expandable[ProductOut] = None
    list_price: Money
    tiers: list[PriceTierOut]


class PriceBookSummary(BaseModel):
    """A price book without its prices, as lists show it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    currency: str
    valid_from: date
    valid_to: date | None
    custom_fields: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class PriceBookOut(PriceBookSummary):
    """A price book with all its prices, in the order in which they were sent."""

    entries: list[PriceEntryOut]


class PriceBookVersionSummary(BaseModel):
    """An earlier version of a price book: when it was replaced, and by whom."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    replaced_at: datetime
    replaced_by: Annotated[str, PersonSubject]
    replaced_by_name: str | None = None


class PriceBookVersionOut(PriceBookVersionSummary):
    """The whole price book as it was in an earlier version."""

    price_book_id: UUID
    name: str
    currency: str
    valid_from: date
    valid_to: date | None
    custom_fields: dict[str, Any] = {}
    entries: list[PriceEntryOut]
