"""Settings of tenants as replicated from `org`; admission of requests depends on them."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.database.engine import SETTINGS_KEY, Database

SETTINGS: dict[str, Any] = {
    "epoch": 1,
    "sequence": 1,
    "name": "示例科技",
    "timezone": "Asia/Shanghai",
    "currency": "CNY",
    "country": "CN",
    "languages": ["zh-CN", "en"],
    "default_tax_rate": Decimal("0.13"),
    "status": "ACTIVE",
    "tax_rounding": "LINE",
    "separate_resources": [],
    "transferred_along": [],
    "quotas": {},
}


async def add_tenant(tx: AsyncConnection, **settings: Any) -> None:
    """Set the settings of the transaction's tenant: `add_tenant(tx, status="SUSPENDED")`."""
    new = insert(tenant_settings).values(SETTINGS | settings)
    await tx.execute(
        new.on_conflict_do_update(index_elements=["tenant_id"], set_=settings)
        if settings
        else new.on_conflict_do_nothing()
    )
    tx.info.pop(SETTINGS_KEY, None)


async def remove_tenant(tx: AsyncConnection) -> None:
    """Delete the settings of the transaction's tenant, as if they had not arrived yet."""
    await tx.execute(text("DELETE FROM tenant_settings"))
    tx.info.pop(SETTINGS_KEY, None)


async def change_settings(tx: AsyncConnection, **values: Any) -> None:
    """Change the tenant's settings, of which the transaction then forgets what it has read."""
    await tx.execute(update(tenant_settings).values(values))
    tx.info.pop(SETTINGS_KEY, None)


async def add_tenants(database: Database, *tenants: UUID) -> None:
    """Commit the settings of further tenants."""
    for tenant in tenants:
        async with database.begin(tenant) as tx:
            await add_tenant(tx)
