from pydantic import BaseModel, ConfigDict

from cpq.imports.domain import BOOK, ProductRow
from cpq.price_books.schemas import BookName
from cpq.products.schemas import ProductName, Series, Sku
from kernel.decimals import NonNegativeDecimal
from kernel.money import CurrencyCode
from kernel.quantity import UnitCode


class ProductRowIn(BaseModel):
    """A row of a file of products."""

    model_config = ConfigDict(extra="forbid")

    sku: Sku
    name: ProductName
    series: Series | None = None
    unit: UnitCode | None = None
    price: NonNegativeDecimal | None = None
    currency: CurrencyCode | None = None
    price_book: BookName = BOOK

    def row(self) -> ProductRow:
        return ProductRow(**self.model_dump())
