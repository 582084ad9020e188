"""The tombstone of a deleted tenant: one row without a name, so that late events are ignored."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.database.engine import SETTINGS_KEY

_NAME = select(tenant_settings.c.name).where(tenant_settings.c.tenant_id == bindparam("of_tenant"))


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
    return await tx.scalar(_NAME, {"of_tenant": tenant}) == ""
