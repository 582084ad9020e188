"""Subscriptions to the directory: replicas of tenants and of who works where."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.events.replicas import replicate
from chassis.events.subscriptions import ReceivedEvent, ReplicaResult, Subscription, replica
from chassis.records.access import replica as people_replica
from chassis.records.record_quota import forget_count
from contracts.org.events import Quotas, TenantChanged, TenantCreated


def tenant_subscription(service: str) -> Subscription:
    """Return the subscription that keeps the replica of tenant settings."""
    return replica(f"{service}.tenants", {TenantCreated: on_tenants, TenantChanged: on_tenants})


def directory_subscriptions(service: str) -> tuple[Subscription, ...]:
    """Return the subscriptions to the directory: tenants, people, departments and teams."""
    return tenant_subscription(service), people_replica.directory_subscription(service)


async def on_tenants(
    tx: AsyncConnection, received: Sequence[ReceivedEvent[TenantCreated | TenantChanged]]
) -> ReplicaResult:
    """Update the replica; a changed record quota restarts the count of records."""
    before = await _row_limit(tx)
    result = await replicate(tx, tenant_settings, received, _columns)
    if await _row_limit(tx) != before:
        await forget_count(tx)
    return result


async def _row_limit(tx: AsyncConnection) -> int | None:
    """Return the record quota, None without one or before the tenant is known."""
    quotas: Mapping[str, Any] | None = await tx.scalar(select(tenant_settings.c.quotas))
    return Quotas.model_validate(quotas or {}).rows


def _columns(event: TenantCreated | TenantChanged) -> Mapping[str, Any]:
    tenant = event.tenant
    return {
        "name": tenant.name,
        "timezone": tenant.timezone,
        "currency": tenant.currency,
        "languages": tenant.languages,
        "default_tax_rate": tenant.default_tax_rate,
        "status": tenant.status,
        "tax_rounding": tenant.tax_rounding,
        "quotas": tenant.quotas.model_dump(exclude_none=True),
    }
