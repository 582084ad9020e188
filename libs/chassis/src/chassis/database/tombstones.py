"""The tombstone of a deleted tenant: one row without a name, so that late events are ignored."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.database.engine import SETTINGS_KEY


async def leave_tombstone(tx: AsyncConnection) -> None:
    """Blank the settings of the transaction's tenant; only its id remains."""
    empty: dict[str, Any] = {
        "name": "",
        "currency": "XXX",
        "languages": [],
        "country": None,
        "quotas": {},
        "timezone": "UTC",
    }
    await tx.execute(update(tenant_settings).values({**empty, "default_tax_rate": 0}))
    tx.info.pop(SETTINGS_KEY, None)


async def is_tombstone(tx: AsyncConnection, tenant: UUID) -> bool:
    """Return whether this tenant was deleted and only its tombstone remains."""
    columns = tenant_settings.c
    name = await tx.scalar(select(columns.name).where(columns.tenant_id == tenant))
    return name == ""
