"""A product, its life cycle and events, and the row of an import file that describes one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple

from contracts.cpq.events import ProductState
from kernel.records import StoredRecord


class DefaultBook(NamedTuple):
    """The price book of rows that name none: the tenant's currency, and a name in its language."""

    currency: str
    name: str


def default_book(currency: str, language: str | None) -> DefaultBook:
    """Return the default in the first language of a tenant: English in en, else Chinese."""
    return DefaultBook(currency, "Import price book" if language == "en" else "导入价目表")


@dataclass(frozen=True, kw_only=True)
class Product(StoredRecord):
    """Something that can be quoted, counted in its `unit`. A deleted product keeps its SKU.

    `series` is the product family. Only `active` products can be quoted.
    """

    sku: str
    name: str
    unit: str
    active: bool
    series: str | None = None

    def state(self) -> ProductState:
        """Return the whole product as its events carry it."""
        return ProductState.of(self, product_id=self.id)


@dataclass(frozen=True, kw_only=True)
class ProductRow:
    """A row of a product file; None leaves a value as it is.

    Its SKU identifies the product, unless the row has an external id; without `has_own_sku` it
    follows from the name. `price` is the list price per unit, for the price book named
    `price_book`, in `currency` (without one, in the tenant's currency); `custom_fields` are texts.
    """

    sku: str
    name: str
    series: str | None = None
    unit: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    price_book: str | None = None
    custom_fields: Mapping[str, str] = field(default_factory=dict)
    has_own_sku: bool = True

    def book_key(self, default: DefaultBook) -> tuple[str, str]:
        """The currency and the name of the price book that takes the price."""
        return self.currency or default.currency, self.price_book or default.name

    def apply_to(self, product: Product, custom_fields: Mapping[str, Any]) -> Product:
        """Return the product with the values of this row and these custom fields."""
        return replace(
            product,
            sku=self.sku if self.has_own_sku else product.sku,
            name=self.name,
            series=self.series or product.series,
            custom_fields=custom_fields,
            unit=self.unit or product.unit,
        )


def with_derived_sku(cells: Mapping[str, str]) -> dict[str, str]:
    """Add the SKU that follows from the name, unless the row has one: `GTX Basic`, `GTX-BASIC`."""
    derived = "-".join(cells.get("name", "").split()).upper()
    return {"sku": derived, **cells} if derived else dict(cells)
