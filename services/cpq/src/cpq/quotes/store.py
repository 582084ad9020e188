"""The quote tables and their SQL."""

from collections.abc import Mapping
from typing import Any, Final
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
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column, money_columns, tenant_column
from chassis.database.rows import from_columns
from chassis.records.access.visibility import ScopedResource
from chassis.records.approvals.guard import ApprovalGuard
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, upper_case
from chassis.records.record_parts import Parts
from chassis.records.record_types import RecordType
from contracts.cpq.events import (
    QuoteAssigned,
    QuoteChanged,
    QuoteCreated,
    QuoteDeleted,
    QuoteRestored,
)
from cpq.database import metadata
from cpq.quotes.domain.approval import offer_of
from cpq.quotes.domain.pricing import QuoteLine
from cpq.quotes.domain.quote import OPEN_STATUSES, Quote, QuoteStatus
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

_OF_OPPORTUNITY: Final = ("l2o.opportunity", "opportunity_id")
QUOTES = ScopedResource(
    "cpq.quote",
    quotes,
    of=(_OF_OPPORTUNITY,),
    seen_with=(_OF_OPPORTUNITY, ("l2o.account", "account_id")),
)


def _summary(row: Mapping[str, Any]) -> QuoteSummary:
    return QuoteSummary.model_validate(from_columns(Quote, row, lines=()))


LISTING = Listing(
    QUOTES,
    QuoteSummary,
    shape=_summary,
    filters=[
        "status", "owner_id", "opportunity_id", "account_id", "account_name",
        CodeFilter("document_no", upper_case), CodeFilter("currency", upper_case),
        "price_book_id", "gross_total", "valid_until", "sent_at", "accepted_at",
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


QUOTE = RecordType(
    scoped=QUOTES,
    entity=Quote,
    created=QuoteCreated,
    changed=QuoteChanged,
    deleted=QuoteDeleted,
    restored=QuoteRestored,
    assigned=QuoteAssigned,
    approval=ApprovalGuard(
        is_waiting=lambda quote: quote.status is QuoteStatus.IN_APPROVAL, content=offer_of
    ),
    parts=(
        Parts(
            field="lines", entity=QuoteLine, table=quote_lines, parent="quote_id", order="line_no"
        ),
    ),
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


async def open_ids_of_owner(tx: AsyncConnection, opportunity_id: UUID, owner_id: str) -> list[UUID]:
    """Return the ids of a person's quotes for an opportunity that await an answer, in order."""
    query = select(quotes.c.id).where(
        quotes.c.opportunity_id == opportunity_id,
        quotes.c.owner_id == owner_id,
        quotes.c.status.in_(sorted(OPEN_STATUSES)),
        quotes.c.deleted_at.is_(None),
    )
    return list((await tx.execute(query.order_by(quotes.c.id))).scalars())


def _line_columns(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name.removeprefix(_LINE_PREFIX): row[name] for name in row if name.startswith(_LINE_PREFIX)
    }


async def read(tx: AsyncConnection, quote_id: UUID) -> QuoteOut:
    """Return a quote as the API shows it. Raises NotFound."""
    return QuoteOut.model_validate(await get(tx, quote_id))
