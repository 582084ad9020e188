"""Chooses the price books that take the prices of a file's rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.files.imports.named_rows import NamedRow
from chassis.files.imports.target import ImportRow, ParsedRow
from chassis.foundation.languages import first_supported
from chassis.records.tenant_settings import settings_of
from cpq.price_books.views import names_of_books
from cpq.products.domain import DefaultBook, ProductRow, default_book
from kernel.names import comparable_name

NAMES_IN_A_MESSAGE = 5


@dataclass(frozen=True)
class BookChoices:
    """The price books that rows may name, by currency.

    A new book is valid from today, so quotes would find their prices in it, and no others. So only
    the first book of a currency is created by an import: the one that the first row names.
    """

    default: DefaultBook
    existing: Mapping[str, Sequence[str]]
    created: Mapping[str, tuple[int, str]]  # the number of the first row, and the new book's name

    def error(self, row: ProductRow) -> Finding | None:
        """Return why no price book takes the price of this row."""
        if row.price is None:
            return None
        currency, name = row.book_key(self.default)
        known = [*self.existing[currency], *(b for _, b in self._new_book(currency))]
        if comparable_name(name) in map(comparable_name, known):
            return None
        books = known[:NAMES_IN_A_MESSAGE]
        if row.price_book is None:
            return Finding("PRICE_BOOK_UNNAMED", params={"books": books}, field="price")
        params = {"name": name, "books": books}
        return Finding("PRICE_BOOK_NAME_UNKNOWN", params=params, field="price_book")

    def warnings(self, number: int, row: ProductRow) -> list[Finding]:
        """Return the warning that a row creates the first price book of its currency."""
        currency, _ = row.book_key(self.default)
        return [
            Finding(
                "PRICE_BOOK_CREATED",
                params={"name": name, "currency": currency},
                field="price_book" if row.price_book is not None else "price",
            )
            for first, name in self._new_book(currency)
            if first == number and row.price is not None
        ]

    def _new_book(self, currency: str) -> Sequence[tuple[int, str]]:
        return [self.created[currency]] if currency in self.created else []


async def choose_books(tx: AsyncConnection, rows: Sequence[ImportRow[ProductRow]]) -> BookChoices:
    """Read which price books there are, and choose those that these rows create."""
    settings = await settings_of(tx)
    default = default_book(settings.currency, first_supported(settings.languages))
    existing: dict[str, Sequence[str]] = {}
    created: dict[str, tuple[int, str]] = {}
    for row in rows:
        currency, name = row.value.book_key(default)
        if row.value.price is None or currency in existing:
            continue
        existing[currency] = await names_of_books(tx, currency)
        if not existing[currency]:
            created[currency] = row.number, name
    return BookChoices(default, existing, created)


async def check_books(
    tx: AsyncConnection, rows: Sequence[ImportRow[NamedRow[ProductRow]]]
) -> Mapping[int, ParsedRow[NamedRow[ProductRow]]]:
    """Return the rows of a preview with what the import will say about their price books."""
    priced = [ImportRow(number=row.number, value=row.value.value) for row in rows]
    books = await choose_books(tx, priced)
    checked: dict[int, ParsedRow[NamedRow[ProductRow]]] = {}
    for row in rows:
        error = books.error(row.value.value)
        warnings = books.warnings(row.number, row.value.value)
        checked[row.number] = (
            ParsedRow(value=row.value, warnings=warnings)
            if error is None
            else ParsedRow(errors=[error])
        )
    return checked
