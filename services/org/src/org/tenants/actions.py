from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.outbox import publish
from contracts.org.events import TenantCreated
from org.tenants import store
from org.tenants.domain import Settings, Tenant


async def create_tenant(tx: AsyncConnection, tenant: Tenant) -> Tenant:
    """Let a tenant begin; the transaction is its own."""
    await store.add(tx, tenant)
    await publish(tx, TenantCreated(tenant=tenant.state()), of=tenant)
    return tenant


async def change_tenant(
    tx: AsyncConnection, tenant_id: UUID, settings: Settings, *, now: datetime
) -> Tenant:
    """Change settings; those it has already are no change. Raises NotFound."""
    tenant = await store.get(tx, tenant_id, lock=True)
    change = tenant.change(settings, now=now)
    if change is None:
        return tenant
    tenant, changed = change
    tenant = await store.save(tx, tenant)
    await publish(tx, changed, of=tenant)
    return tenant
