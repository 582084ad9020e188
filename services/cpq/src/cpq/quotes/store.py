"""The tables of quotes, their SQL, and the queries that tell what a quote is priced from."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    Select,
    Table,
    Text,
    Uuid,
    delete,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column, money_columns, tenant_column
from chassis.database.rows import fetch_row, from_columns, to_columns
from chassis.records.access.visibility import EVERYTHING, Scoped, Visibility, visible
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.listing import Listing
from chassis.records.writes import insert_row, update_row
from cpq.accounts.store import accounts
from cpq.database import metadata
from cpq.opportunities.store import OPPORTUNITIES, opportunities
from cpq.price_books.store import price_books, price_entries, price_tiers
from cpq.products.store import products
from cpq.quotes.domain.pricing import Offer, QuoteLine, Tier
from cpq.quotes.domain.proposal import Book, Opportunity
from cpq.quotes.domain.quote import Quote, QuoteStatus
from cpq.quotes.domain.taxes import TaxRounding
from cpq.quotes.schemas import QuoteOut, QuoteSummary
from kernel.errors import NotFound

quotes = Table(
    "quotes",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("document_no", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("revises", Uuid),
    Column("superseded_by", Uuid),
    Column("opportunity_id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("status", enum_column(QuoteStatus), nullable=False),
    Column("currency", Text, nullable=False),
    Column("price_book_id", Uuid, nullable=False),
    Column("price_book_version", Integer),
    Column("price_date", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("tax_rounding", enum_column(TaxRounding), nullable=False, server_default=text("'LINE'")),
    *money_columns("net_total"),
    *money_columns("tax_total"),
    *money_columns("gross_total"),
    sort_column("gross_total", Double()),
    Column("owner_id", Text, nullable=False),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("sent_at", DateTime(timezone=True)),
    sort_column("sent_at", DateTime(timezone=True)),
    Column("accepted_at", DateTime(timezone=True)),
    sort_column("accepted_at", DateTime(timezone=True)),
    Column("rejected_at", DateTime(timezone=True)),
    Column("rejected_reason", Text),
    Column("expired_at", DateTime(timezone=True)),
    Column("superseded_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "document_no", "revision", unique=True),
    Index(None, "tenant_id", "status", "id"),
    Index(None, "tenant_id", "opportunity_id", "id"),
)

quote_lines = Table(
    "quote_lines",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("quote_id", Uuid, nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("product_id", Uuid, nullable=False),
    Column("sku", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("quantity", Numeric(22, 6), nullable=False),
    *money_columns("list_price"),
    *money_columns("tier_price"),
    Column("discount_rate", Numeric(9, 6), nullable=False),
    *money_columns("net_price"),
    *money_columns("net_amount"),
    Column("tax_rate", Numeric(9, 6), nullable=False),
    *money_columns("tax_amount"),
    *money_columns("gross_amount"),
    ForeignKeyConstraint(
        ["tenant_id", "quote_id"], ["quotes.tenant_id", "quotes.id"], ondelete="CASCADE"
    ),
    Index(None, "tenant_id", "quote_id", "line_no", unique=True),
)

QUOTES = Scoped("cpq.quote", quotes)


def _summary(row: Mapping[str, Any]) -> QuoteSummary:
    return QuoteSummary.model_validate(from_columns(Quote, row, lines=()))


LISTING = Listing(
    QUOTES,
    QuoteSummary,
    shape=_summary,
    filters=[
        "status", "owner_id", "opportunity_id", "account_id", "account_name", "document_no",
        "currency", "price_book_id", "gross_total", "valid_until", "sent_at", "accepted_at",
        "created_at", "updated_at",
    ],
    sorts=[
        "document_no", "account_name", "gross_total", "valid_until", "sent_at", "accepted_at",
        "created_at", "updated_at", "status,valid_until",
    ],
    words=["document_no", "account_name"],
    custom=custom_conditions,
)  # fmt: skip


# Head and lines of a quote in one statement, so that a draft amended meanwhile is not seen torn.
_LINE = "line__"
_WHOLE: Select[Any] = (
    select(quotes, *(c.label(f"{_LINE}{c.name}") for c in quote_lines.c))
    .select_from(quotes.join(quote_lines, quote_lines.c.quote_id == quotes.c.id))
    .order_by(quote_lines.c.line_no)
)


async def add(tx: AsyncConnection, quote: Quote) -> None:
    await insert_row(tx, quotes, quote)
    await _add_lines(tx, quote)


async def _add_lines(tx: AsyncConnection, quote: Quote) -> None:
    await tx.execute(
        insert(quote_lines),
        [{"quote_id": quote.id, **to_columns(quote_lines, line)} for line in quote.lines],
    )


async def get_locked(tx: AsyncConnection, quote_id: UUID, *, with_deleted: bool = False) -> Quote:
    """The quote, which nobody else can move until the commit. Raises NotFound."""
    quote = await fetch_row(
        tx, quotes, quote_id, Quote, lock=True, with_deleted=with_deleted, lines=()
    )
    return replace(quote, lines=await _lines(tx, quote_id))


async def save(tx: AsyncConnection, quote: Quote) -> Quote:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, quotes, quote)


async def save_lines(tx: AsyncConnection, quote: Quote, *, was: Quote) -> None:
    """Write the lines of an amended draft that differ: each is told in its audit."""
    kept = {line.id: line for line in quote.lines}
    gone = [line.id for line in was.lines if line.id not in kept]
    if gone:
        await tx.execute(delete(quote_lines).where(quote_lines.c.id.in_(gone)))
    written = [line for line in quote.lines if line not in was.lines]
    if written:
        rows = [{"quote_id": quote.id, **to_columns(quote_lines, line)} for line in written]
        new = insert(quote_lines)
        values = {name: new.excluded[name] for name in rows[0]}
        upsert = new.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=values)
        await tx.execute(upsert, rows)


async def get(tx: AsyncConnection, quote_id: UUID) -> Quote:
    """Raises NotFound."""
    mine = _WHOLE.where(quotes.c.id == quote_id, quotes.c.deleted_at.is_(None))
    rows = (await tx.execute(mine)).mappings().all()
    if not rows:
        raise NotFound("quote", quote_id)
    lines = tuple(from_columns(QuoteLine, _line(row)) for row in rows)
    return from_columns(Quote, rows[0], lines=lines)


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(_LINE): row[name] for name in row if name.startswith(_LINE)}


async def read(tx: AsyncConnection, quote_id: UUID) -> QuoteOut:
    """Raises NotFound."""
    return QuoteOut.model_validate(await get(tx, quote_id))


async def _lines(tx: AsyncConnection, quote_id: UUID) -> tuple[QuoteLine, ...]:
    mine: Select[Any] = select(quote_lines).where(quote_lines.c.quote_id == quote_id)
    rows = await tx.execute(mine.order_by(quote_lines.c.line_no))
    return tuple(from_columns(QuoteLine, row._mapping) for row in rows)


async def opportunity(
    tx: AsyncConnection, opportunity_id: UUID, sees: Visibility = EVERYTHING
) -> Opportunity | None:
    """The opportunity, as far as L2O has told of it and the caller sees it."""
    named = (accounts.c.id == opportunities.c.account_id) & accounts.c.deleted.is_(False)
    columns = opportunities.c
    query: Select[Any] = (
        select(columns.id, columns.stage, columns.account_id, accounts.c.name.label("account_name"))
        .select_from(opportunities.outerjoin(accounts, named))
        .where(
            columns.id == opportunity_id,
            columns.deleted.is_(False),
            visible(OPPORTUNITIES, sees),
        )
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(Opportunity, row._mapping)


async def price_book(
    tx: AsyncConnection, named: UUID | None, *, currency: str, day: date
) -> Book | None:
    """The book named, valid or not; without a name the one for this currency and day.

    Of several valid ones the one that became valid last, and of those the one made last (the
    greater id): so a campaign wins over the yearly book, and a correction over what it corrects.
    """
    columns = price_books.c
    query: Select[Any] = select(*(columns[field.name] for field in fields(Book)))
    query = query.where(columns.deleted_at.is_(None))
    if named is not None:
        query = query.where(columns.id == named)
    else:
        valid_to = or_(columns.valid_to.is_(None), columns.valid_to > day)
        query = query.where(columns.currency == currency, columns.valid_from <= day, valid_to)
        query = query.order_by(columns.valid_from.desc(), columns.id.desc()).limit(1)
    # Shared, so that its prices, which are read next, are of the version read here.
    row = (await tx.execute(query.with_for_update(read=True))).one_or_none()
    return None if row is None else from_columns(Book, row._mapping)


async def offers(
    tx: AsyncConnection, book: Book | None, product_ids: Collection[UUID]
) -> dict[UUID, Offer]:
    """These products, as far as they exist, with their prices, as far as the book has them."""
    book_id = None if book is None else book.id
    in_book = (price_entries.c.price_book_id == book_id) & (
        price_entries.c.product_id == products.c.id
    )
    query: Select[Any] = (
        select(
            *(products.c[name] for name in ("id", "sku", "name", "unit", "active")),
            price_entries.c.list_price,
            price_entries.c.list_price_currency,
        )
        .select_from(products.outerjoin(price_entries, in_book))
        .where(products.c.id.in_(product_ids), products.c.deleted_at.is_(None))
    )
    tiers = await _tiers(tx, book_id, product_ids)
    return {
        row.id: from_columns(Offer, row._mapping, product_id=row.id, tiers=tiers.get(row.id, ()))
        for row in await tx.execute(query)
    }


async def _tiers(
    tx: AsyncConnection, book_id: UUID | None, product_ids: Collection[UUID]
) -> dict[UUID, tuple[Tier, ...]]:
    columns = price_tiers.c
    query: Select[Any] = select(price_tiers).where(
        columns.price_book_id == book_id, columns.product_id.in_(product_ids)
    )
    found: dict[UUID, tuple[Tier, ...]] = {}
    for row in await tx.execute(query):
        tier = from_columns(Tier, row._mapping)
        found[row.product_id] = (*found.get(row.product_id, ()), tier)
    return found
