"""The commands on tenants."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.org.events import Quotas, TenantCreated
from kernel.taxes import TaxRounding
from org.tenants import store
from org.tenants.domain import Tenant, TenantSettings, TenantStatus


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
    tax_rounding: TaxRounding = TaxRounding.LINE,
    quotas: Quotas | None = None,
    now: datetime,
) -> Tenant:
    """Create the tenant of the transaction.

    The calling command has checked who may: an operator, or the seed.
    """
    tenant = Tenant(
        id=tenant_id,
        name=name,
        timezone=timezone,
        currency=currency,
        languages=languages,
        default_tax_rate=default_tax_rate,
        country=country,
        tax_rounding=tax_rounding,
        quotas=quotas or Quotas(),
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, tenant)
    await publish(tx, TenantCreated(tenant=tenant.state()), of=tenant)
    return tenant


async def change_tenant(
    tx: AsyncConnection,
    tenant_id: UUID,
    settings: TenantSettings,
    *,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Tenant:
    """Change settings of a tenant; settings it has already are no change.

    Callers need `org.tenant.write`, or are operators.
    Raises NotFound, PreconditionRequired, PreconditionFailed (STALE_COPY).
    """
    tenant = await store.get(tx, tenant_id, lock=True)
    with_settings = tenant.with_settings(settings, now=now)
    if with_settings is None:
        return tenant
    expected.check(tenant)
    tenant, changed = with_settings
    tenant = await store.save(tx, tenant)
    await publish(tx, changed, of=tenant)
    return tenant


async def change_tenant_status(
    tx: AsyncConnection,
    tenant_id: UUID,
    status: TenantStatus,
    *,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Tenant:
    """Suspend, resume or delete the tenant of the transaction.

    Only operators may; the calling command has checked it.
    Raises NotFound, RuleBroken (TENANT_GONE), PreconditionRequired, PreconditionFailed.
    """
    tenant = await store.get(tx, tenant_id, lock=True)
    change = tenant.with_status(status, now=now)
    if change is None:
        return tenant
    expected.check(tenant)
    tenant, changed = change
    tenant = await store.save(tx, tenant)
    await publish(tx, changed, of=tenant)
    return tenant
