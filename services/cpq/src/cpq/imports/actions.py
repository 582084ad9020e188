from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.files.imports.target import (
    ImportContext,
    ImportRow,
    RowOutcome,
    RowResult,
    created,
    refused,
    unchanged,
    updated,
)
from chassis.records.tenant_settings import settings_of
from cpq.imports.domain import ProductRow
from cpq.price_books.actions import put_prices
from cpq.products import store
from cpq.products.actions import create_product, edit_product
from kernel.errors import Conflict
from kernel.money import Money

SYSTEM = "system:import"
UNIT = "PCS"


async def take_products(
    tx: AsyncConnection, rows: Sequence[ImportRow[ProductRow]], context: ImportContext
) -> list[RowResult]:
    """Products by their SKUs, then their prices, a book at a time: one new version for a chunk.

    In the order of SKUs, so that two of these never wait for each other. Raises what the actions
    raise; the chunk is taken in halves then, down to the row at fault.
    """
    taken: dict[int, RowResult] = {}
    for row in sorted(rows, key=lambda one: (one.value.sku, one.number)):
        taken[row.number] = await _take(tx, row.value, now=context.now)
    priced = [row for row in rows if taken[row.number].record_id is not None]
    changed = await _put_prices(tx, priced, taken, context)
    return [_with_price(taken[row.number], changed) for row in rows]


async def _take(tx: AsyncConnection, row: ProductRow, *, now: datetime) -> RowResult:
    known = await store.get_of_sku(tx, row.sku)
    if known is None:
        try:
            async with tx.begin_nested():
                product = await create_product(
                    tx,
                    sku=row.sku,
                    name=row.name,
                    unit=row.unit or UNIT,
                    series=row.series,
                    now=now,
                )
                return created(product.id)
        except Conflict as conflict:
            known = await store.get_of_sku(tx, row.sku)  # somebody made it meanwhile
            if known is None:
                raise conflict from None
    if known.deleted_at is not None:
        return refused(Finding("PRODUCT_DELETED", params={"sku": row.sku}, field="sku"))
    saved = await edit_product(tx, known.id, row.edit, now=now)
    return unchanged(saved.id) if saved.version == known.version else updated(saved.id)


async def _put_prices(
    tx: AsyncConnection,
    rows: Sequence[ImportRow[ProductRow]],
    taken: dict[int, RowResult],
    context: ImportContext,
) -> frozenset[UUID]:
    """The products whose price in some book is another now; the last row of a product counts."""
    currency = (await settings_of(tx)).currency
    books: dict[tuple[str, str], dict[UUID, Money]] = defaultdict(dict)
    for row in rows:
        product_id, price = taken[row.number].record_id, row.value.price
        if product_id is not None and price is not None:
            book = (row.value.currency or currency, row.value.price_book)
            books[book][product_id] = Money(price, book[0])
    changed: frozenset[UUID] = frozenset()
    for (in_currency, name), prices in sorted(books.items(), key=lambda one: one[0]):
        changed |= await put_prices(
            tx,
            name=name,
            currency=in_currency,
            prices=prices,
            actor=context.actor or SYSTEM,
            now=context.now,
        )
    return changed


def _with_price(taken: RowResult, changed: frozenset[UUID]) -> RowResult:
    """A product whose price alone changed was updated too."""
    if taken.outcome is RowOutcome.UNCHANGED and taken.record_id in changed:
        return updated(taken.record_id)
    return taken
