"""The commands on price books."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.deletion import mark_deleted, mark_restored
from chassis.records.external_ids.actions import ExternalId, lock_external_id
from chassis.records.tenant_settings import today
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.cpq.events import PriceBookDeleted, PriceBookRestored
from contracts.event import Event
from cpq.price_books import store, views
from cpq.price_books.domain import MAX_ENTRIES, PriceBook, PriceEntry, version_snapshot
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.ids import new_id
from kernel.money import Money

RESOURCE = "cpq.price_book"


async def create_price_book(
    tx: AsyncConnection,
    *,
    name: str,
    currency: str,
    valid_from: date,
    valid_to: date | None,
    entries: Sequence[PriceEntry],
    custom_fields: Mapping[str, Any] | None = None,
    now: datetime,
) -> PriceBook:
    """Store a new price book and publish it. Raises Invalid with all violations."""
    fields = await validated_custom_fields(tx, RESOURCE, custom_fields or {})
    book = PriceBook(
        id=new_id(),
        name=name,
        currency=currency,
        valid_from=valid_from,
        valid_to=valid_to,
        entries=tuple(entries),
        custom_fields=fields,
        created_at=now,
        updated_at=now,
    )
    unknown = await views.unknown_product_ids(tx, {entry.product_id for entry in entries})
    violations = book.violations(unknown_product_ids=unknown)
    if violations:
        raise Invalid(violations)
    await store.add(tx, book)
    await publish(tx, book.created_event(), of=book)
    return book


async def edit_price_book(
    tx: AsyncConnection,
    book_id: UUID,
    edit: Callable[[PriceBook], PriceBook],
    *,
    expected: Precondition = UNCONDITIONAL,
    actor: str,
    now: datetime,
) -> PriceBook:
    """Change a book to what `edit` returns for it, and add the old content to its history.

    Without a difference nothing is written. The currency cannot change. Existing quotes keep their
    prices. An entry may stay in the book after its product was deleted.
    Raises NotFound, and Invalid with all violations.
    """
    before = await store.get_locked(tx, book_id)
    edited = edit(before)
    fields = await validated_custom_fields(
        tx, RESOURCE, edited.custom_fields, before=before.custom_fields
    )
    edited = replace(edited, custom_fields=fields)
    if edited == before:
        return before
    expected.check(before)
    if edited.currency != before.currency:
        params = {"expected": before.currency, "actual": edited.currency}
        raise Invalid([Violation("/currency", "CURRENCY_MISMATCH", params)])
    existing_ids = {entry.product_id for entry in before.entries}
    added_ids = {entry.product_id for entry in edited.entries} - existing_ids
    unknown = await views.unknown_product_ids(tx, added_ids)
    after, event = before.edited(edited, unknown_product_ids=unknown, now=now)
    await store.add_version(tx, version_snapshot(before, actor=actor, now=now))
    return await _save_and_publish(tx, after, event, previous=before)


async def set_list_prices(
    tx: AsyncConnection,
    *,
    name: str,
    currency: str,
    prices: Mapping[UUID, Money],
    actor: str,
    now: datetime,
) -> frozenset[UUID]:
    """Set list prices by product id in the book with this name and currency.

    If several books match, the one with the latest `valid_from` is changed; if none does, a book is
    created that is valid from today on. Return the products whose list price is new or different.
    Raises RuleBroken (PRICE_BOOK_FULL).
    """
    await lock_external_id(tx, ExternalId(RESOURCE, "import", f"{currency} {name}"))
    book_id = await store.find_id(tx, name=name, currency=currency)
    if book_id is None:
        entries = [PriceEntry(product_id=p, list_price=price) for p, price in prices.items()]
        await create_price_book(
            tx,
            name=name,
            currency=currency,
            valid_from=await today(tx, now),
            valid_to=None,
            entries=entries,
            now=now,
        )
        return frozenset(prices)
    before = await store.get_locked(tx, book_id)
    after = before.with_list_prices(prices)
    if len(after.entries) > MAX_ENTRIES:
        raise RuleBroken("PRICE_BOOK_FULL", name=name, maximum=MAX_ENTRIES)
    await edit_price_book(tx, book_id, lambda _: after, actor=actor, now=now)
    old_prices = {entry.product_id: entry.list_price for entry in before.entries}
    return frozenset(p for p, price in prices.items() if old_prices.get(p) != price)


async def delete_price_book(
    tx: AsyncConnection,
    book_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Delete a book, so that no quote is priced from it; a deleted one does not change.

    Raises NotFound.
    """
    before = await store.get_locked(tx, book_id, with_deleted=True)
    after = mark_deleted(before, now=now, expected=expected)
    if after is not before:
        await _save_and_publish(
            tx, after, PriceBookDeleted(price_book=after.state()), previous=before
        )


async def restore_price_book(
    tx: AsyncConnection,
    book_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> PriceBook:
    """Restore a deleted book; any other is returned unchanged. Raises NotFound."""
    before = await store.get_locked(tx, book_id, with_deleted=True)
    after = mark_restored(before, now=now, expected=expected)
    if after is before:
        return before
    return await _save_and_publish(
        tx, after, PriceBookRestored(price_book=after.state()), previous=before
    )


async def _save_and_publish(
    tx: AsyncConnection, book: PriceBook, event: Event, *, previous: PriceBook
) -> PriceBook:
    saved = await store.save(tx, book, previous=previous)
    await publish(tx, event, of=saved)
    return saved
