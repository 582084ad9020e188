from collections.abc import Callable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.outbox import publish
from chassis.preconditions import UNCONDITIONAL, Precondition
from cpq.price_books import store
from cpq.price_books.domain import PriceBook, PriceEntry, replaced
from kernel.errors import Invalid
from kernel.ids import new_id


async def create_price_book(
    tx: AsyncConnection,
    *,
    name: str,
    currency: str,
    valid_from: date,
    valid_to: date | None,
    entries: Sequence[PriceEntry],
    now: datetime,
) -> PriceBook:
    """Store a new price book and publish it. Raises Invalid with everything wrong at once."""
    book = PriceBook(
        id=new_id(),
        name=name,
        currency=currency,
        valid_from=valid_from,
        valid_to=valid_to,
        entries=tuple(entries),
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

    Quotes keep the prices they were drawn up with. Raises NotFound, Invalid with everything wrong.
    """
    before = await store.get_locked(tx, book_id)
    expected.check(before)
    wanted = edit(before)
    if wanted == before:
        return before
    unknown = await store.unknown_products(tx, {entry.product_id for entry in wanted.entries})
    after, event = before.edited(wanted, unknown=unknown, now=now)
    await store.keep_version(tx, replaced(before, actor=actor, now=now))
    saved = await store.save(tx, after)
    await publish(tx, event, of=saved)
    return saved
