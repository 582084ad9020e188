"""What every service must know of its tenants: a replica of the settings `org` keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.events.replicas import replicate
from chassis.events.subscriptions import Received, ReplicaResult, Subscription, replica
from chassis.foundation.clock import business_date
from chassis.foundation.refusals import Unavailable
from chassis.records.access import replica as people_replica
from chassis.records.record_quota import forget_count
from contracts.org.events import Quotas, TenantChanged, TenantCreated


@dataclass(frozen=True, kw_only=True)
class TenantSettings:
    """A tenant's own: IANA time zone, ISO 4217 currency, languages with the preferred first.

    `default_tax_rate` is a fraction: 0.13 is 13 %. `status` is ACTIVE, SUSPENDED (reads only) or
    DELETED, `tax_rounding` LINE or DOCUMENT.
    """

    timezone: str
    currency: str
    languages: tuple[str, ...]
    default_tax_rate: Decimal
    status: str = "ACTIVE"
    tax_rounding: str = "LINE"
    quotas: Quotas = field(default_factory=Quotas)


async def settings_of(tx: AsyncConnection) -> TenantSettings:
    """The settings of the transaction's tenant.

    Raises Unavailable (TENANT_NOT_READY) while they have not arrived from `org`.
    """
    row = (await tx.execute(select(tenant_settings))).one_or_none()
    if row is None:
        raise Unavailable("TENANT_NOT_READY")
    return TenantSettings(
        timezone=row.timezone,
        currency=row.currency,
        languages=tuple(row.languages),
        default_tax_rate=row.default_tax_rate,
        status=row.status,
        tax_rounding=row.tax_rounding,
        quotas=Quotas.model_validate(row.quotas),
    )


async def today(tx: AsyncConnection, now: datetime) -> date:
    """The tenant's business day. Raises Unavailable (TENANT_NOT_READY)."""
    return business_date(now, (await settings_of(tx)).timezone)


def subscription(service: str) -> Subscription:
    """The subscription that keeps this service's replica."""
    return replica(f"{service}.tenants", {TenantCreated: on_tenants, TenantChanged: on_tenants})


def subscriptions(service: str) -> tuple[Subscription, ...]:
    """Everything a service must know of the directory: tenants, and who works where."""
    return subscription(service), people_replica.subscription(service)


async def on_tenants(
    tx: AsyncConnection, received: Sequence[Received[TenantCreated | TenantChanged]]
) -> ReplicaResult:
    before = await _row_limit(tx)
    result = await replicate(tx, tenant_settings, received, _columns)
    if await _row_limit(tx) != before:
        await forget_count(tx)
    return result


async def _row_limit(tx: AsyncConnection) -> int | None:
    """The limit of records; None without one, and before the tenant is known."""
    told: Mapping[str, Any] | None = await tx.scalar(select(tenant_settings.c.quotas))
    return Quotas.model_validate(told or {}).rows


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
