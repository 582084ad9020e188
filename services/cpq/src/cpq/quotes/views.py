"""Reads the opportunity, the price book and the product prices that a quote is made from."""

from collections.abc import Collection
from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_mappings, from_columns, is_one_of
from chassis.records.access.visibility import EVERYTHING, Visibility, is_visible
from cpq.accounts.store import accounts
from cpq.opportunities.store import OPPORTUNITIES, opportunities
from cpq.price_books.store import price_books, price_entries, price_tiers
from cpq.products.store import products
from cpq.quotes.domain.pricing import ProductPrice, QuantityTier
from cpq.quotes.domain.proposal import Opportunity, PriceBookHeader


async def find_opportunity(
    tx: AsyncConnection, opportunity_id: UUID, visibility: Visibility = EVERYTHING
) -> Opportunity | None:
    """Return an opportunity if it was received from L2O, is not deleted and is visible."""
    account = (accounts.c.id == opportunities.c.account_id) & accounts.c.deleted.is_(False)
    columns = opportunities.c
    query: Select[Any] = (
        select(columns.id, columns.stage, columns.account_id, accounts.c.name.label("account_name"))
        .select_from(opportunities.outerjoin(accounts, account))
        .where(
            columns.id == opportunity_id,
            columns.deleted.is_(False),
            is_visible(OPPORTUNITIES, visibility),
        )
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(Opportunity, row._mapping)


async def find_price_book(
    tx: AsyncConnection, book_id: UUID | None, *, currency: str, price_date: date
) -> PriceBookHeader | None:
    """Return the book with this id, valid or not; without an id, the one to price from.

    That is, of the books in this currency that are valid on the price date, the one with the
    latest `valid_from`, and of several such books the one created last (with the greatest id). So
    a campaign takes precedence over the yearly book, and a correction over what it corrects.
    """
    columns = price_books.c
    query: Select[Any] = select(*(columns[field.name] for field in fields(PriceBookHeader)))
    query = query.where(columns.deleted_at.is_(None))
    if book_id is not None:
        query = query.where(columns.id == book_id)
    else:
        not_ended = or_(columns.valid_to.is_(None), columns.valid_to > price_date)
        started = columns.valid_from <= price_date
        query = query.where(columns.currency == currency, started, not_ended)
        query = query.order_by(columns.valid_from.desc(), columns.id.desc()).limit(1)
    # The shared lock keeps the book's prices, which are read next, on the version read here.
    row = (await tx.execute(query.with_for_update(read=True))).one_or_none()
    return None if row is None else from_columns(PriceBookHeader, row._mapping)


async def product_prices(
    tx: AsyncConnection, book: PriceBookHeader | None, product_ids: Collection[UUID]
) -> dict[UUID, ProductPrice]:
    """Return the existing ones of these products by id, with their prices in the book."""
    book_id = None if book is None else book.id
    entry = (price_entries.c.price_book_id == book_id) & (
        price_entries.c.product_id == products.c.id
    )
    query: Select[Any] = (
        select(
            *(products.c[name] for name in ("id", "sku", "name", "unit", "active")),
            price_entries.c.list_price,
            price_entries.c.list_price_currency,
        )
        .select_from(products.outerjoin(price_entries, entry))
        .where(is_one_of(products.c.id, product_ids), products.c.deleted_at.is_(None))
    )
    tiers = await _tiers(tx, book_id, product_ids)
    return {
        row["id"]: from_columns(
            ProductPrice, row, product_id=row["id"], tiers=tiers.get(row["id"], ())
        )
        for row in await fetch_mappings(tx, query)
    }


async def _tiers(
    tx: AsyncConnection, book_id: UUID | None, product_ids: Collection[UUID]
) -> dict[UUID, tuple[QuantityTier, ...]]:
    """Return the quantity tiers of these products in a book, by product id."""
    columns = price_tiers.c
    query: Select[Any] = select(price_tiers).where(
        columns.price_book_id == book_id, is_one_of(columns.product_id, product_ids)
    )
    tiers: dict[UUID, tuple[QuantityTier, ...]] = {}
    for row in await fetch_mappings(tx, query):
        tier, product_id = from_columns(QuantityTier, row), row["product_id"]
        tiers[product_id] = (*tiers.get(product_id, ()), tier)
    return tiers
