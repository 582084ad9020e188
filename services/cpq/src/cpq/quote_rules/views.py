"""The quotes on which rules are tried."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import Visibility, is_visible
from contracts.cpq.approvals import QUOTE_DISCOUNT
from cpq.quotes.domain.approval import quote_facts
from cpq.quotes.store import QUOTE, QUOTES, quotes
from rules.approval_facts import fact_schema
from rules.fact_values import Facts
from rules.fields import FactSchema
from rules.rule_kinds import TriedRecord

PAGE = 500


async def approval_facts(tx: AsyncConnection) -> FactSchema:
    """Return what the rules may read of a quote."""
    return fact_schema(QUOTE_DISCOUNT)


async def facts_of(tx: AsyncConnection, quote_id: UUID) -> Facts:
    """Return what the rules read of a quote. Raises NotFound."""
    return quote_facts(await QUOTE.get(tx, quote_id, with_deleted=True))


async def newest_quotes(
    tx: AsyncConnection, visibility: Visibility, limit: int
) -> AsyncIterator[tuple[TriedRecord, Facts]]:
    """Yield the newest quotes that the caller sees, with what the rules read of them."""
    query: Any = select(quotes.c.id).where(
        quotes.c.deleted_at.is_(None), is_visible(QUOTES, visibility)
    )
    ids = (await tx.scalars(query.order_by(quotes.c.id.desc()).limit(limit))).all()
    for start in range(0, len(ids), PAGE):
        page = ids[start : start + PAGE]
        by_id = {quote.id: quote for quote in await QUOTE.get_all(tx, page)}
        for quote in (by_id[one] for one in page):
            yield TriedRecord(quote.id, quote.display_name), quote_facts(quote)
