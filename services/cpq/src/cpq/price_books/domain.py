"""A price book, and everything that can be wrong with one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from contracts.cpq.events import PriceBookChanged, PriceBookCreated, PriceBookState
from contracts.cpq.events import PriceEntry as EntryState
from contracts.cpq.events import PriceTier as TierState
from kernel.errors import Invalid, Violation
from kernel.money import Money

MOST_ENTRIES = 5000


@dataclass(frozen=True, kw_only=True)
class PriceTier:
    """From this quantity on, a unit costs this much."""

    from_quantity: Decimal
    unit_price: Money


@dataclass(frozen=True, kw_only=True)
class PriceEntry:
    """What a unit of a product costs: the list price, and less or more by the quantity."""

    product_id: UUID
    list_price: Money
    tiers: tuple[PriceTier, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    """Valid in `[valid_from, valid_to)`. Books may overlap: a quote says which one priced it."""

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

    def violations(self, *, unknown: Collection[UUID]) -> list[Violation]:
        """Everything wrong with this book; `unknown` are the products that do not exist."""
        return [
            *self._violations_of_head(),
            *self._repeated_products(),
            *(
                violation
                for at, entry in enumerate(self.entries)
                for violation in _violations_of_entry(f"/entries/{at}", entry, self, unknown)
            ),
        ]

    def _violations_of_head(self) -> Iterator[Violation]:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            yield Violation("/valid_to", "PERIOD_EMPTY", {"start": self.valid_from.isoformat()})
        if not self.entries:
            yield Violation("/entries", "TOO_SHORT", {"minimum": 1})

    def _repeated_products(self) -> Iterator[Violation]:
        seen: set[UUID] = set()
        for at, entry in enumerate(self.entries):
            if entry.product_id in seen:
                pointer = f"/entries/{at}/product_id"
                yield Violation(pointer, "PRODUCT_REPEATED", {"product_id": str(entry.product_id)})
            seen.add(entry.product_id)

    def created(self) -> PriceBookCreated:
        """The fact of its creation, with every price."""
        return PriceBookCreated(price_book=self.state())

    def edited(
        self, edit: PriceBook, *, unknown: Collection[UUID], now: datetime
    ) -> tuple[PriceBook, PriceBookChanged]:
        """As `edit` says. Raises Invalid with everything wrong at once."""
        violations = edit.violations(unknown=unknown)
        if violations:
            raise Invalid(violations)
        changed = replace(edit, updated_at=now)
        return changed, PriceBookChanged(price_book=changed.state())

    def state(self) -> PriceBookState:
        """The whole book, as events and its history tell it."""
        return PriceBookState(
            price_book_id=self.id,
            name=self.name,
            currency=self.currency,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            entries=tuple(_state_of(entry) for entry in self.entries),
            custom_fields=dict(self.custom_fields),
        )

    def with_prices(self, prices: Mapping[UUID, Money]) -> PriceBook:
        """With these list prices; what is in the book already keeps its place and its tiers."""
        kept = {entry.product_id for entry in self.entries}
        priced = (
            replace(one, list_price=prices.get(one.product_id, one.list_price))
            for one in self.entries
        )
        added = (
            PriceEntry(product_id=product_id, list_price=price)
            for product_id, price in prices.items()
            if product_id not in kept
        )
        return replace(self, entries=(*priced, *added))


@dataclass(frozen=True, kw_only=True)
class PriceBookVersion:
    """A book as it stood until it was changed: at this instant, by whom."""

    price_book_id: UUID
    version: int
    content: dict[str, Any]
    replaced_at: datetime
    replaced_by: str


def replaced(book: PriceBook, *, actor: str, now: datetime) -> PriceBookVersion:
    """What its history keeps of a book that is about to be changed."""
    return PriceBookVersion(
        price_book_id=book.id,
        version=book.version,
        content=book.state().model_dump(mode="json"),
        replaced_at=now,
        replaced_by=actor,
    )


def _violations_of_entry(
    pointer: str, entry: PriceEntry, book: PriceBook, unknown: Collection[UUID]
) -> Iterator[Violation]:
    if entry.product_id in unknown:
        product = {"product_id": str(entry.product_id)}
        yield Violation(f"{pointer}/product_id", "PRODUCT_UNKNOWN", product)
    yield from _violations_of_price(f"{pointer}/list_price", entry.list_price, book.currency)
    for at, tier in enumerate(entry.tiers):
        price_pointer = f"{pointer}/tiers/{at}/unit_price"
        yield from _violations_of_price(price_pointer, tier.unit_price, book.currency)
    for at, (lower, upper) in enumerate(pairwise(entry.tiers), start=1):
        if upper.from_quantity <= lower.from_quantity:
            yield Violation(f"{pointer}/tiers/{at}/from_quantity", "TIERS_NOT_INCREASING")


def _violations_of_price(pointer: str, price: Money, currency: str) -> Iterator[Violation]:
    if price.currency != currency:
        params = {"expected": currency, "actual": price.currency}
        yield Violation(f"{pointer}/currency", "CURRENCY_MISMATCH", params)
    if price.is_negative:
        yield Violation(f"{pointer}/amount", "TOO_SMALL", {"relation": ">=", "limit": "0"})


def _state_of(entry: PriceEntry) -> EntryState:
    tiers = (TierState(from_quantity=t.from_quantity, unit_price=t.unit_price) for t in entry.tiers)
    return EntryState(product_id=entry.product_id, list_price=entry.list_price, tiers=tuple(tiers))
