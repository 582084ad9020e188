"""Imports products, and their list prices into price books."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.files.imports.named_rows import NamedRow, RowCommands, lock_names, store_row
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
from chassis.records.record_commands import create_record, restore_record
from chassis.web.commands import Command
from cpq.price_books.actions import set_list_prices
from cpq.products import store
from cpq.products.actions.book_choices import BookChoices, choose_books
from cpq.products.actions.lifecycle import edit_product
from cpq.products.domain import DefaultBook, Product, ProductRow
from cpq.products.store import PRODUCT
from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.money import Money
from kernel.names import comparable_name

SYSTEM_ACTOR = "system:import"
DEFAULT_UNIT = "PCS"


async def import_products(
    tx: AsyncConnection,
    named_rows: Sequence[ImportRow[NamedRow[ProductRow]]],
    context: ImportContext,
) -> list[RowResult]:
    """Create or update the products of a chunk, then set their list prices.

    A row is the product of its external id, or else of its SKU.

    Each price book gets one new version for the whole chunk. Rows are processed in the order of
    SKUs, so that two imports do not deadlock. Errors of the actions pass through: the caller then
    retries with halves of the chunk, down to the row that is wrong.
    """
    names = {row.number: row.value.external_id for row in named_rows}
    rows = [ImportRow(number=row.number, value=row.value.value) for row in named_rows]
    await lock_names(tx, PRODUCT.scoped.resource, names.values())
    command = Command(tx, context.now, actor=context.actor or SYSTEM_ACTOR)
    books = await choose_books(tx, rows)
    parser = await custom_field_parser(tx, PRODUCT.scoped.resource)
    results: dict[int, RowResult] = {}
    for row in sorted(rows, key=lambda one: (one.value.sku, one.number)):
        error, name = books.error(row.value), names[row.number]
        if error is not None:
            results[row.number] = refused(error)
        elif name is None:
            results[row.number] = await _import_by_sku(command, row.value, parser)
        else:
            does = _product_commands(command, row.value, parser)
            results[row.number] = await store_row(context, command, name, does)
    imported = [row for row in rows if results[row.number].record_id is not None]
    repriced = await _set_prices(command, imported, results, books.default)
    return [_with_price_change(results[row.number], row, repriced, books) for row in rows]


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


def _product_commands(
    command: Command, row: ProductRow, parser: CustomFieldParser
) -> RowCommands[Product]:
    """Return what a row does to the product of its external id."""

    async def create() -> Product:
        new = _new_product(row, command, parser.parse(row.custom_fields))
        return await create_record(command, PRODUCT, new)

    async def edit(before: Product) -> Product:
        custom_fields = parser.parse(row.custom_fields, before=before.custom_fields)
        return await edit_product(
            command, before.id, lambda product: row.apply_to(product, custom_fields)
        )

    restore = partial(restore_record, command, PRODUCT)
    return RowCommands(record_type=PRODUCT, create=create, edit=edit, restore=restore)


async def _import_by_sku(command: Command, row: ProductRow, parser: CustomFieldParser) -> RowResult:
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
    command: Command,
    rows: Sequence[ImportRow[ProductRow]],
    results: Mapping[int, RowResult],
    default: DefaultBook,
) -> frozenset[UUID]:
    """Set the prices of the rows; return the products whose price changed in some book.

    If several rows give a price for one product and book, the last row counts; a new book has the
    first spelling of its name.
    """
    names: dict[tuple[str, str], str] = {}
    prices_by_book: dict[tuple[str, str], dict[UUID, Money]] = defaultdict(dict)
    for row in rows:
        product_id, price = results[row.number].record_id, row.value.price
        if product_id is not None and price is not None:
            currency, name = row.value.book_key(default)
            key = currency, comparable_name(name)
            names.setdefault(key, name)
            prices_by_book[key][product_id] = Money(price, currency)
    repriced: frozenset[UUID] = frozenset()
    for key, prices in sorted(prices_by_book.items(), key=lambda item: item[0]):
        book = {"name": names[key], "currency": key[0]}
        repriced |= await set_list_prices(command, **book, prices=prices)
    return repriced


def _with_price_change(
    result: RowResult,
    row: ImportRow[ProductRow],
    repriced: frozenset[UUID],
    books: BookChoices,
) -> RowResult:
    """Report a product whose price alone changed as updated; warn of a new price book."""
    if result.outcome is RowOutcome.REFUSED:
        return result
    if result.outcome is RowOutcome.UNCHANGED and result.record_id in repriced:
        result = replace(result, outcome=RowOutcome.UPDATED)
    return replace(result, findings=books.warnings(row.number, row.value))
