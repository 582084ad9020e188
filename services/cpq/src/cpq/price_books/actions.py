"""The commands on price books."""

from collections.abc import Callable, Mapping
from uuid import UUID

from chassis.records.external_ids.actions import ExternalId, lock_external_id
from chassis.records.record_commands import create_record, edit_record
from chassis.records.tenant_settings import today
from chassis.web.commands import Command
from cpq.price_books import store, views
from cpq.price_books.domain import MAX_ENTRIES, PriceBook, PriceEntry, version_snapshot
from cpq.price_books.store import PRICE_BOOK
from kernel.errors import RuleBroken
from kernel.ids import new_id
from kernel.money import Money
from kernel.names import comparable_name


async def create_price_book(command: Command, book: PriceBook) -> PriceBook:
    """Store a new price book. Raises Invalid with all violations, or for its custom fields."""
    unknown = await views.unknown_product_ids(command.tx, book.product_ids)
    book.ensure_valid(unknown_product_ids=unknown)
    return await create_record(command, PRICE_BOOK, book)


async def edit_price_book(
    command: Command, book_id: UUID, edit: Callable[[PriceBook], PriceBook]
) -> PriceBook:
    """Apply an edit to a book, and add the old content to its history.

    The currency cannot change. Existing quotes keep their prices. An entry may stay in the book
    after its product was deleted. Raises what `edit_record` raises, and Invalid with all
    violations.
    """

    async def check(before: PriceBook, after: PriceBook) -> None:
        before.ensure_same_currency(after)
        added = after.product_ids - before.product_ids
        after.ensure_valid(unknown_product_ids=await views.unknown_product_ids(command.tx, added))
        assert command.actor is not None
        snapshot = version_snapshot(before, actor=command.actor, now=command.now)
        await store.add_version(command.tx, snapshot)

    return await edit_record(command, PRICE_BOOK, book_id, edit, check=check)


async def set_list_prices(
    command: Command, *, name: str, currency: str, prices: Mapping[UUID, Money]
) -> frozenset[UUID]:
    """Set list prices by product id in the book with this name and currency.

    If several books match, the one with the latest `valid_from` is changed; if none does, a book is
    created that is valid from today on. Return the products whose list price is new or different.
    Raises RuleBroken (PRICE_BOOK_FULL).
    """
    tx = command.tx
    await lock_external_id(
        tx, ExternalId(PRICE_BOOK.scoped.resource, "import", f"{currency} {comparable_name(name)}")
    )
    book_id = await store.find_id(tx, name=name, currency=currency)
    if book_id is None:
        await create_price_book(command, await _new_book(command, name, currency, prices))
        return frozenset(prices)
    before = await PRICE_BOOK.get(tx, book_id, lock=True)
    after = before.with_list_prices(prices)
    if len(after.entries) > MAX_ENTRIES:
        raise RuleBroken("PRICE_BOOK_FULL", name=name, maximum=MAX_ENTRIES)
    await edit_price_book(command, book_id, lambda _: after)
    old_prices = {entry.product_id: entry.list_price for entry in before.entries}
    return frozenset(p for p, price in prices.items() if old_prices.get(p) != price)


async def _new_book(
    command: Command, name: str, currency: str, prices: Mapping[UUID, Money]
) -> PriceBook:
    entries = (PriceEntry(product_id=p, list_price=price) for p, price in prices.items())
    return PriceBook(
        id=new_id(),
        name=name,
        currency=currency,
        valid_from=await today(command.tx, command.now),
        valid_to=None,
        entries=tuple(entries),
        created_at=command.now,
        updated_at=command.now,
    )
