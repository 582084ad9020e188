"""Subscriptions to the directory: replicas of tenants and of who works where."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.database.engine import SETTINGS_KEY
from chassis.events.replicas import Copy, ReplicaSubscription, replica
from chassis.records.access.replica import directory_subscription
from chassis.records.record_quota import forget_count
from contracts.org.events import Quotas, TenantState


def tenant_subscription(service: str) -> ReplicaSubscription:
    """Return the subscription that keeps the replica of tenant settings."""
    return replica(f"{service}.tenants", TENANTS)


def directory_subscriptions(service: str) -> tuple[ReplicaSubscription, ...]:
    """Return the subscriptions to the directory: tenants, people, departments and teams."""
    return tenant_subscription(service), directory_subscription(service)


def _columns(tenant: TenantState) -> Mapping[str, Any]:
    return {"quotas": tenant.quotas.model_dump(exclude_none=True)}


@asynccontextmanager
async def _restarting_count(tx: AsyncConnection) -> AsyncIterator[None]:
    """Restart the count of records where the record quota changes; read the settings anew."""
    before = await _row_limit(tx)
    yield
    tx.info.pop(SETTINGS_KEY, None)
    if await _row_limit(tx) != before:
        await forget_count(tx)


async def _row_limit(tx: AsyncConnection) -> int | None:
    """Return the record quota, None without one or before the tenant is known."""
    quotas: Mapping[str, Any] | None = await tx.scalar(select(tenant_settings.c.quotas))
    return Quotas.model_validate(quotas or {}).rows


TENANTS = Copy(TenantState, tenant_settings, columns=_columns, around=_restarting_count)
