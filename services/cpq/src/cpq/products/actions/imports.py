"""Imports products, and their list prices into price books."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
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
from chassis.records.custom_fields.cells import CustomFieldParser, custom_field_parser
from chassis.records.record_commands import create_record
from chassis.records.tenant_settings import settings_of
from chassis.web.commands import Command
from cpq.price_books.actions import set_list_prices
from cpq.products import store
from cpq.products.actions.lifecycle import edit_product
from cpq.products.domain import Product, ProductRow
from cpq.products.store import PRODUCT
from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.money import Money

SYSTEM_ACTOR = "system:import"
DEFAULT_UNIT = "PCS"


async def import_products(
    tx: AsyncConnection, rows: Sequence[ImportRow[ProductRow]], context: ImportContext
) -> list[RowResult]:
    """Create or update the products of a chunk by their SKUs, then set their list prices.

    Each price book gets one new version for the whole chunk. Rows are processed in the order of
    SKUs, so that two imports do not deadlock. Errors of the actions pass through: the caller then
    retries with halves of the chunk, down to the row that is wrong.
    """
    command = Command(tx, context.now, actor=context.actor or SYSTEM_ACTOR)
    parser = await custom_field_parser(tx, PRODUCT.scoped.resource)
    results: dict[int, RowResult] = {}
    for row in sorted(rows, key=lambda one: (one.value.sku, one.number)):
        results[row.number] = await _import_product(command, row.value, parser)
    imported = [row for row in rows if results[row.number].record_id is not None]
    repriced = await _set_prices(command, imported, results)
    return [_with_price_change(results[row.number], repriced) for row in rows]


def _new_product(row: ProductRow, command: Command, custom_fields: Mapping[str, Any]) -> Product:
    return Product(
        id=new_id(),
        sku=row.sku,
        name=row.name,
        unit=row.unit or DEFAULT_UNIT,
        series=row.series,
        active=True,
        custom_fields=custom_fields,
        created_at=command.now,
        updated_at=command.now,
    )


async def _import_product(
    command: Command, row: ProductRow, parser: CustomFieldParser
) -> RowResult:
    tx = command.tx
    existing = await store.get_locked_by_sku(tx, row.sku)
    if existing is None:
        try:
            async with tx.begin_nested():
                new = _new_product(row, command, parser.parse(row.custom_fields))
                product = await create_record(command, PRODUCT, new)
                return created(product.id)
        except Conflict as conflict:
            # Another transaction created it after we looked.
            existing = await store.get_locked_by_sku(tx, row.sku)
            if existing is None:
                raise conflict from None
    if existing.deleted_at is not None:
        return refused(Finding("PRODUCT_DELETED", params={"sku": row.sku}, field="sku"))
    custom_fields = parser.parse(row.custom_fields, before=existing.custom_fields)
    saved = await edit_product(
        command, existing.id, lambda product: row.apply_to(product, custom_fields)
    )
    return unchanged(saved.id) if saved.version == existing.version else updated(saved.id)


async def _set_prices(
    command: Command, rows: Sequence[ImportRow[ProductRow]], results: Mapping[int, RowResult]
) -> frozenset[UUID]:
    """Set the prices of the rows; return the products whose price changed in some book.

    If several rows give a price for one product and book, the last row counts.
    """
    default_currency = (await settings_of(command.tx)).currency
    prices_by_book: dict[tuple[str, str], dict[UUID, Money]] = defaultdict(dict)
    for row in rows:
        product_id, price = results[row.number].record_id, row.value.price
        if product_id is not None and price is not None:
            currency = row.value.currency or default_currency
            prices_by_book[currency, row.value.price_book][product_id] = Money(price, currency)
    repriced: frozenset[UUID] = frozenset()
    for (currency, name), prices in sorted(prices_by_book.items(), key=lambda item: item[0]):
        repriced |= await set_list_prices(command, name=name, currency=currency, prices=prices)
    return repriced


def _with_price_change(result: RowResult, repriced: frozenset[UUID]) -> RowResult:
    """Report a product whose price alone changed as updated."""
    if result.outcome is RowOutcome.UNCHANGED and result.record_id in repriced:
        return updated(result.record_id)
    return result
