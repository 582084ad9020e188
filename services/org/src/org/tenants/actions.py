from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.outbox import publish
from contracts.org.events import TenantCreated
from org.tenants import store
from org.tenants.domain import Settings, Tenant


async def create_tenant(
    tx: AsyncConnection,
    tenant_id: UUID,
    *,
    name: str,
    timezone: str,
    currency: str,
    languages: tuple[str, ...],
    default_tax_rate: Decimal,
    country: str,
    now: datetime,
) -> Tenant:
    """Let a tenant begin; the transaction is its own already."""
    tenant = Tenant(
        id=tenant_id,
        name=name,
        timezone=timezone,
        currency=currency,
        languages=languages,
        default_tax_rate=default_tax_rate,
        country=country,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, tenant)
    await publish(tx, TenantCreated(tenant=tenant.state()), of=tenant)
    return tenant


async def change_tenant(
    tx: AsyncConnection, tenant_id: UUID, settings: Settings, *, now: datetime
) -> Tenant:
    """Change settings; to those it has already is no change. Raises NotFound."""
    tenant = await store.get(tx, tenant_id, lock=True)
    change = tenant.change(settings, now=now)
    if change is None:
        return tenant
    tenant, changed = change
    tenant = await store.save(tx, tenant)
    await publish(tx, changed, of=tenant)
    return tenant
