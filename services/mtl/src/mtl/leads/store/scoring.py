"""What the scoring of stored leads reads."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.store import leads


async def next_leads_to_score(tx: AsyncConnection, after: UUID | None, *, limit: int) -> list[Lead]:
    """Read and lock the next leads in the order of ids, without converted and deleted ones."""
    query = select(leads).where(
        leads.c.deleted_at.is_(None), leads.c.status != LeadStatus.CONVERTED
    )
    if after is not None:
        query = query.where(leads.c.id > after)
    rows = await tx.execute(query.order_by(leads.c.id).limit(limit).with_for_update())
    return [from_columns(Lead, dict(row)) for row in rows.mappings()]
