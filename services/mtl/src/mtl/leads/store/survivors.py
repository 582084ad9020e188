"""Which lead stands in for one that was merged."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns, is_one_of
from mtl.leads.domain.lead import Lead
from mtl.leads.store import leads


async def lock_leads(tx: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Lead]:
    """Lock leads in the order of their ids, and return them, merged and deleted ones too."""
    query = select(leads).where(is_one_of(leads.c.id, ids)).order_by(leads.c.id).with_for_update()
    return {
        row["id"]: from_columns(Lead, dict(row)) for row in (await tx.execute(query)).mappings()
    }


async def with_survivors(tx: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
    """Return these leads, and those into which they were merged."""
    c = leads.c
    way = select(c.id, c.merged_into_id).where(is_one_of(c.id, ids)).cte("way", recursive=True)
    way = way.union(select(c.id, c.merged_into_id).join(way, c.id == way.c.merged_into_id))
    return set((await tx.execute(select(way.c.id))).scalars())


async def survivor_of(tx: AsyncConnection, lead_id: UUID) -> UUID:
    """Return the lead into which a lead was merged, the last one of a chain; else the lead."""
    c = leads.c
    start = select(c.id, c.merged_into_id).where(c.id == lead_id)
    way = start.cte("way", recursive=True)
    way = way.union(select(c.id, c.merged_into_id).join(way, c.id == way.c.merged_into_id))
    last = select(way.c.id).where(way.c.merged_into_id.is_(None))
    survivor_id: UUID | None = (await tx.execute(last)).scalar_one_or_none()
    return survivor_id or lead_id
