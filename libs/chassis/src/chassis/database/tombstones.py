"""What stays of a deleted tenant: one row without a name, which keeps late events out."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings


async def leave_tombstone(tx: AsyncConnection) -> None:
    """Leave nothing of the transaction's tenant but that there was one with this id."""
    empty = {"name": "", "currency": "XXX", "languages": [], "quotas": {}, "timezone": "UTC"}
    await tx.execute(update(tenant_settings).values({**empty, "default_tax_rate": 0}))


async def is_tombstone(tx: AsyncConnection, tenant: UUID) -> bool:
    """Whether all rows of the tenant are gone for good."""
    columns = tenant_settings.c
    named = await tx.scalar(select(columns.name).where(columns.tenant_id == tenant))
    return named == ""
