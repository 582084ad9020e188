"""Reads that combine accounts with opportunities."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.opportunities.domain import CLOSED_STAGES
from l2o.opportunities.store import opportunities


async def count_open_opportunities(tx: AsyncConnection, account_id: UUID) -> int:
    """Count the opportunities of an account that are neither won nor lost nor deleted."""
    columns = opportunities.c
    query = select(func.count()).where(
        columns.account_id == account_id,
        columns.deleted_at.is_(None),
        columns.stage.not_in(sorted(CLOSED_STAGES)),
    )
    count: int = (await tx.execute(query)).scalar_one()
    return count
