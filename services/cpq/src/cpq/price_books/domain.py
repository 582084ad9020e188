"""A price book, its versions, and the rules that it must satisfy."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from contracts.cpq.events import PriceBookState
from contracts.cpq.events import PriceEntry as EntryState
from contracts.cpq.events import PriceTier as TierState
from kernel.errors import Invalid, Violation
from kernel.money import Money

MAX_ENTRIES = 5000


@dataclass(frozen=True, kw_only=True)
class PriceTier:
    """The unit price of a product from the quantity `from_quantity` on."""

    from_quantity: Decimal
    unit_price: Money


@dataclass(frozen=True, kw_only=True)
class PriceEntry:
    """The list price of one unit of a product, and its unit prices by quantity tier.

    The tiers stand in ascending order of `from_quantity`.
    """

    product_id: UUID
    list_price: Money
    tiers: tuple[PriceTier, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    """Prices that are valid in `[valid_from, valid_to)`; all are in `currency`.

    Periods of books may overlap; a quote records which book priced it.
    """

    id: UUID
    name: str
    currency: str
    valid_from: date
    valid_to: date | None
    entries: tuple[PriceEntry, ...]
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    def violations(self, *, unknown_product_ids: Collection[UUID]) -> list[Violation]:
        """Return every violation of the rules; products of the given ids do not exist."""
        return [
            *self._header_violations(),
            *self._repeated_products(),
            *(
                violation
                for index, entry in enumerate(self.entries)
                for violation in _entry_violations(
                    f"/entries/{index}", entry, self, unknown_product_ids
                )
            ),
        ]

    def _header_violations(self) -> Iterator[Violation]:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            yield Violation("/valid_to", "PERIOD_EMPTY", {"start": self.valid_from.isoformat()})
        if not self.entries:
            yield Violation("/entries", "TOO_SHORT", {"minimum": 1})

    def _repeated_products(self) -> Iterator[Violation]:
        seen: set[UUID] = set()
        for index, entry in enumerate(self.entries):
            if entry.product_id in seen:
                pointer = f"/entries/{index}/product_id"
                yield Violation(pointer, "PRODUCT_REPEATED", {"product_id": str(entry.product_id)})
            seen.add(entry.product_id)

    def ensure_valid(self, *, unknown_product_ids: Collection[UUID]) -> None:
        """Raise Invalid with every violation of the rules; see `violations`."""
        violations = self.violations(unknown_product_ids=unknown_product_ids)
        if violations:
            raise Invalid(violations)

    def ensure_same_currency(self, edited: PriceBook) -> None:
        """Raise Invalid (CURRENCY_MISMATCH) unless the edited book has this book's currency."""
        if edited.currency != self.currency:
            params = {"expected": self.currency, "actual": edited.currency}
            raise Invalid([Violation("/currency", "CURRENCY_MISMATCH", params)])

    def state(self) -> PriceBookState:
        """Return the whole book as its events and its version history carry it."""
        entries = tuple(_entry_state(entry) for entry in self.entries)
        return PriceBookState.of(self, price_book_id=self.id, entries=entries)

    @property
    def product_ids(self) -> frozenset[UUID]:
        """The ids of the products that have a price in this book."""
        return frozenset(entry.product_id for entry in self.entries)

    def with_list_prices(self, prices: Mapping[UUID, Money]) -> PriceBook:
        """Return the book with these list prices by product id.

        Existing entries keep their position and their tiers; new ones come last.
        """
        repriced = (
            replace(entry, list_price=prices.get(entry.product_id, entry.list_price))
            for entry in self.entries
        )
        added = (
            PriceEntry(product_id=product_id, list_price=price)
            for product_id, price in prices.items()
            if product_id not in self.product_ids
        )
        return replace(self, entries=(*repriced, *added))


@dataclass(frozen=True, kw_only=True)
class PriceBookVersion:
    """The content of a book before one change, with the time and the author of that change."""

    price_book_id: UUID
    version: int
    content: dict[str, Any]
    replaced_at: datetime
    replaced_by: str


def version_snapshot(book: PriceBook, *, actor: str, now: datetime) -> PriceBookVersion:
    """Return the history record of a book that `actor` is about to change."""
    return PriceBookVersion(
        price_book_id=book.id,
        version=book.version,
        content=book.state().model_dump(mode="json"),
        replaced_at=now,
        replaced_by=actor,
    )


def _entry_violations(
    pointer: str, entry: PriceEntry, book: PriceBook, unknown_product_ids: Collection[UUID]
) -> Iterator[Violation]:
    if entry.product_id in unknown_product_ids:
        product = {"product_id": str(entry.product_id)}
        yield Violation(f"{pointer}/product_id", "PRODUCT_UNKNOWN", product)
    yield from _price_violations(f"{pointer}/list_price", entry.list_price, book.currency)
    for index, tier in enumerate(entry.tiers):
        price_pointer = f"{pointer}/tiers/{index}/unit_price"
        yield from _price_violations(price_pointer, tier.unit_price, book.currency)
    for index, (lower, upper) in enumerate(pairwise(entry.tiers), start=1):
        if upper.from_quantity <= lower.from_quantity:
            yield Violation(f"{pointer}/tiers/{index}/from_quantity", "TIERS_NOT_INCREASING")


def _price_violations(pointer: str, price: Money, currency: str) -> Iterator[Violation]:
    if price.currency != currency:
        params = {"expected": currency, "actual": price.currency}
        yield Violation(f"{pointer}/currency", "CURRENCY_MISMATCH", params)
    if price.is_negative:
        yield Violation(f"{pointer}/amount", "TOO_SMALL", {"relation": ">=", "limit": "0"})


def _entry_state(entry: PriceEntry) -> EntryState:
    return EntryState.of(entry, tiers=tuple(TierState.of(tier) for tier in entry.tiers))
