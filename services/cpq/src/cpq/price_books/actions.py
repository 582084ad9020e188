from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.deletion import deleted, restored
from chassis.records.external_ids.actions import ExternalId, lock
from chassis.records.tenant_settings import today
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.cpq.events import PriceBookDeleted, PriceBookRestored
from contracts.event import Event
from cpq.price_books import store
from cpq.price_books.domain import MOST_ENTRIES, PriceBook, PriceEntry, replaced
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
    """Store a new price book and publish it. Raises Invalid with everything wrong at once."""
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
    unknown = await store.unknown_products(tx, {entry.product_id for entry in entries})
    violations = book.violations(unknown=unknown)
    if violations:
        raise Invalid(violations)
    await store.add(tx, book)
    await publish(tx, book.created(), of=book)
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
    """What changes nothing answers the book as it is; what was replaced goes into its history.

    Quotes keep the prices they were drawn up with. A product that was deleted since may stay in it.
    Raises NotFound, Invalid with everything wrong.
    """
    before = await store.get_locked(tx, book_id)
    wanted = edit(before)
    fields = await validated_custom_fields(
        tx, RESOURCE, wanted.custom_fields, before=before.custom_fields
    )
    wanted = replace(wanted, custom_fields=fields)
    if wanted == before:
        return before
    expected.check(before)
    if wanted.currency != before.currency:
        params = {"expected": before.currency, "actual": wanted.currency}
        raise Invalid([Violation("/currency", "CURRENCY_MISMATCH", params)])
    known = {entry.product_id for entry in before.entries}
    added = {entry.product_id for entry in wanted.entries} - known
    unknown = await store.unknown_products(tx, added)
    after, event = before.edited(wanted, unknown=unknown, now=now)
    await store.keep_version(tx, replaced(before, actor=actor, now=now))
    return await _saved(tx, after, event, was=before)


async def put_prices(
    tx: AsyncConnection,
    *,
    name: str,
    currency: str,
    prices: Mapping[UUID, Money],
    actor: str,
    now: datetime,
) -> frozenset[UUID]:
    """List prices into the book of this name and currency; which of them it did not have.

    Of several the one that became valid last; without one it is made, valid from today on.
    Raises RuleBroken (PRICE_BOOK_FULL).
    """
    await lock(tx, ExternalId(RESOURCE, "import", f"{currency} {name}"))
    book_id = await store.find(tx, name=name, currency=currency)
    if book_id is None:
        entries = [PriceEntry(product_id=p, list_price=price) for p, price in prices.items()]
        day = await today(tx, now)
        await create_price_book(
            tx,
            name=name,
            currency=currency,
            valid_from=day,
            valid_to=None,
            entries=entries,
            now=now,
        )
        return frozenset(prices)
    before = await store.get_locked(tx, book_id)
    after = before.with_prices(prices)
    if len(after.entries) > MOST_ENTRIES:
        raise RuleBroken("PRICE_BOOK_FULL", name=name, maximum=MOST_ENTRIES)
    await edit_price_book(tx, book_id, lambda _: after, actor=actor, now=now)
    known = {entry.product_id: entry.list_price for entry in before.entries}
    return frozenset(p for p, price in prices.items() if known.get(p) != price)


async def delete_price_book(
    tx: AsyncConnection,
    book_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Nothing is priced from it any more. One that is deleted stays so. Raises NotFound."""
    before = await store.get_locked(tx, book_id, with_deleted=True)
    after = deleted(before, now=now, expected=expected)
    if after is not before:
        await _saved(tx, after, PriceBookDeleted(price_book=after.state()), was=before)


async def restore_price_book(
    tx: AsyncConnection,
    book_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> PriceBook:
    """One that is not deleted answers itself. Raises NotFound."""
    before = await store.get_locked(tx, book_id, with_deleted=True)
    after = restored(before, now=now, expected=expected)
    if after is before:
        return before
    return await _saved(tx, after, PriceBookRestored(price_book=after.state()), was=before)


async def _saved(
    tx: AsyncConnection, book: PriceBook, event: Event, *, was: PriceBook
) -> PriceBook:
    saved = await store.save(tx, book, was=was)
    await publish(tx, event, of=saved)
    return saved
