"""Reads the opportunity, the price book and the product prices that a quote is made from."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_mappings, from_columns
from chassis.records.access.visibility import EVERYTHING, Visibility, is_visible
from cpq.accounts.store import accounts
from cpq.opportunities.store import OPPORTUNITIES, opportunities
from cpq.price_books.store import price_books, price_entries, price_tiers
from cpq.products.store import products
from cpq.quotes.domain.pricing import ProductPrice, QuantityTier
from cpq.quotes.domain.proposal import Opportunity, PriceBookHeader

# What every quote reads, built once; the parameters are `book_id` and `product_ids`.
_PRODUCT_IDS = bindparam("product_ids", type_=ARRAY(Uuid))
_PRICES: Select[Any] = (
    select(
        *(products.c[name] for name in ("id", "sku", "name", "unit", "active")),
        price_entries.c.list_price,
        price_entries.c.list_price_currency,
    )
    .select_from(
        products.outerjoin(
            price_entries,
            (price_entries.c.price_book_id == bindparam("book_id"))
            & (price_entries.c.product_id == products.c.id),
        )
    )
    .where(products.c.id == any_(_PRODUCT_IDS), products.c.deleted_at.is_(None))
)
_TIERS: Select[Any] = select(
    price_tiers.c.product_id,
    price_tiers.c.from_quantity,
    price_tiers.c.unit_price,
    price_tiers.c.unit_price_currency,
).where(
    price_tiers.c.price_book_id == bindparam("book_id"),
    price_tiers.c.product_id == any_(_PRODUCT_IDS),
)


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
    priced = {"book_id": None if book is None else book.id, "product_ids": list(product_ids)}
    tiers: defaultdict[UUID, tuple[QuantityTier, ...]] = defaultdict(tuple)
    for row in await fetch_mappings(tx, _TIERS, priced):
        tiers[row["product_id"]] += (from_columns(QuantityTier, row),)
    return {
        row["id"]: from_columns(ProductPrice, row, product_id=row["id"], tiers=tiers[row["id"]])
        for row in await fetch_mappings(tx, _PRICES, priced)
    }
