"""The quote tables and their SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column, money_columns, tenant_column
from chassis.database.rows import fetch_parts, fetch_row, fetch_rows, from_columns, to_columns
from chassis.records.access.visibility import ScopedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from chassis.records.writes import insert_row, update_row
from contracts.cpq.events import (
    QuoteAssigned,
    QuoteChanged,
    QuoteCreated,
    QuoteDeleted,
    QuoteRestored,
)
from cpq.database import metadata
from cpq.quotes.domain.pricing import QuoteLine
from cpq.quotes.domain.quote import Quote, QuoteStatus
from cpq.quotes.schemas import QuoteOut, QuoteSummary
from kernel.errors import NotFound
from kernel.taxes import TaxRounding

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

QUOTES = ScopedResource("cpq.quote", quotes)


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


# One statement reads a quote and its lines, so that a concurrent amendment is seen whole or not
# at all.
_LINE_PREFIX = "line__"
_QUOTE_WITH_LINES: Select[Any] = (
    select(quotes, *(c.label(f"{_LINE_PREFIX}{c.name}") for c in quote_lines.c))
    .select_from(quotes.join(quote_lines, quote_lines.c.quote_id == quotes.c.id))
    .order_by(quote_lines.c.line_no)
)


async def add(tx: AsyncConnection, quote: Quote) -> None:
    """Insert a quote with its lines."""
    await insert_row(tx, quotes, quote)
    await tx.execute(
        insert(quote_lines),
        [{"quote_id": quote.id, **to_columns(quote_lines, line)} for line in quote.lines],
    )


async def fetch(
    tx: AsyncConnection, quote_id: UUID, *, lock: bool = False, with_deleted: bool = False
) -> Quote:
    """Return a quote with its lines, which are read after the lock is held. Raises NotFound."""
    quote = await fetch_row(
        tx, quotes, quote_id, Quote, lock=lock, with_deleted=with_deleted, lines=()
    )
    return replace(quote, lines=(await _lines(tx, [quote_id])).get(quote_id, ()))


async def _fetch_all(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Quote]:
    lines = await _lines(tx, ids)
    return [
        from_columns(Quote, row, lines=lines.get(row["id"], ()))
        for row in await fetch_rows(tx, quotes.c.id, ids)
    ]


async def _lines(
    tx: AsyncConnection, quote_ids: Sequence[UUID]
) -> dict[UUID, tuple[QuoteLine, ...]]:
    rows = await fetch_parts(tx, quote_lines.c.quote_id, quote_ids, quote_lines.c.line_no)
    return {
        quote_id: tuple(from_columns(QuoteLine, part) for part in parts)
        for quote_id, parts in rows.items()
    }


async def update(tx: AsyncConnection, before: Quote, after: Quote) -> Quote:
    """Update a quote and those of its lines that differ from `before`.

    Unchanged lines are not written, so that the audit shows only real changes. Raises Conflict
    (STALE_WRITE).
    """
    saved = await update_row(tx, quotes, after, before=before)
    line_ids = {line.id for line in after.lines}
    removed = [line.id for line in before.lines if line.id not in line_ids]
    if removed:
        await tx.execute(delete(quote_lines).where(quote_lines.c.id.in_(removed)))
    changed = [line for line in after.lines if line not in before.lines]
    if changed:
        rows = [{"quote_id": after.id, **to_columns(quote_lines, line)} for line in changed]
        statement = insert(quote_lines)
        values = {name: statement.excluded[name] for name in rows[0]}
        upsert = statement.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=values)
        await tx.execute(upsert, rows)
    return saved


QUOTE = RecordType(
    scoped=QUOTES,
    entity=Quote,
    created=QuoteCreated,
    changed=QuoteChanged,
    deleted=QuoteDeleted,
    restored=QuoteRestored,
    assigned=QuoteAssigned,
    fetch=fetch,
    fetch_all=_fetch_all,
    insert=add,
    update=update,
)


async def get(tx: AsyncConnection, quote_id: UUID, *, with_deleted: bool = False) -> Quote:
    """Return a quote with its lines. Raises NotFound."""
    query = _QUOTE_WITH_LINES.where(quotes.c.id == quote_id)
    if not with_deleted:
        query = query.where(quotes.c.deleted_at.is_(None))
    rows = (await tx.execute(query)).mappings().all()
    if not rows:
        raise NotFound("quote", quote_id)
    lines = tuple(from_columns(QuoteLine, _line_columns(row)) for row in rows)
    return from_columns(Quote, rows[0], lines=lines)


def _line_columns(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name.removeprefix(_LINE_PREFIX): row[name] for name in row if name.startswith(_LINE_PREFIX)
    }


async def read(tx: AsyncConnection, quote_id: UUID) -> QuoteOut:
    """Return a quote as the API shows it. Raises NotFound."""
    return QuoteOut.model_validate(await get(tx, quote_id))
