from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.outbox import publish
from cpq.price_books import store
from cpq.price_books.domain import PriceBook, PriceEntry
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
