"""A row of a file of products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from cpq.products.domain import Product

BOOK = "导入价目表"


@dataclass(frozen=True, kw_only=True)
class ProductRow:
    """What a row says of a product, known by its SKU; what it leaves out stays as it is."""

    sku: str
    name: str
    series: str | None = None
    unit: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    price_book: str = BOOK

    def edit(self, product: Product) -> Product:
        """The product as this row says."""
        return replace(
            product,
            name=self.name,
            series=self.series or product.series,
            unit=self.unit or product.unit,
        )


def with_sku(cells: Mapping[str, str]) -> dict[str, str]:
    """The SKU follows from the name where the file has none: `GTX Basic` is `GTX-BASIC`."""
    derived = "-".join(cells.get("name", "").split()).upper()
    return {"sku": derived, **cells} if derived else dict(cells)
