"""Tenant settings: a replica of what `org` keeps about each tenant."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.database.engine import SETTINGS_KEY
from chassis.database.transaction_tenant import transaction_tenant
from chassis.foundation.clock import business_date
from chassis.foundation.context import current, replace_current
from chassis.foundation.refusals import Unavailable
from contracts.org.events import Quotas

_SETTINGS = select(tenant_settings)  # built once


@dataclass(frozen=True, kw_only=True)
class TenantSettings:
    """A tenant's IANA time zone, ISO 4217 currency, country and languages (preferred first).

    `default_tax_rate` is a fraction: 0.13 is 13 %. `status` is ACTIVE, SUSPENDED (reads only) or
    DELETED, `tax_rounding` LINE or DOCUMENT. `transferred_along` are the resources whose open
    records go along with a transfer that does not say what does.
    """

    timezone: str
    currency: str
    languages: tuple[str, ...]
    default_tax_rate: Decimal
    country: str | None = None
    status: str = "ACTIVE"
    tax_rounding: str = "LINE"
    transferred_along: tuple[str, ...] = ()
    quotas: Quotas = field(default_factory=Quotas)


async def settings_of(tx: AsyncConnection) -> TenantSettings:
    """Return the settings of the transaction's tenant, which it reads once.

    Raises Unavailable (TENANT_NOT_READY) while they have not arrived from `org`.
    """
    known: dict[UUID, TenantSettings] = tx.info.setdefault(SETTINGS_KEY, {})
    tenant = transaction_tenant()
    if tenant not in known:
        known[tenant] = await _read_settings(tx)
    return known[tenant]


async def _read_settings(tx: AsyncConnection) -> TenantSettings:
    row = (await tx.execute(_SETTINGS)).one_or_none()
    if row is None:
        raise Unavailable("TENANT_NOT_READY")
    return TenantSettings(
        timezone=row.timezone,
        currency=row.currency,
        languages=tuple(row.languages),
        default_tax_rate=row.default_tax_rate,
        country=row.country,
        status=row.status,
        tax_rounding=row.tax_rounding,
        transferred_along=tuple(row.transferred_along),
        quotas=Quotas.model_validate(row.quotas),
    )


async def apply_tenant_country(tx: AsyncConnection) -> None:
    """Read telephone numbers by the tenant's country in the rest of a job, as requests do.

    Raises Unavailable (TENANT_NOT_READY).
    """
    replace_current(replace(current(), country=(await settings_of(tx)).country))


async def today(tx: AsyncConnection, now: datetime) -> date:
    """Return the tenant's current business day. Raises Unavailable (TENANT_NOT_READY)."""
    return business_date(now, (await settings_of(tx)).timezone)
