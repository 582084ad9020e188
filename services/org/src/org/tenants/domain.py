"""A tenant and its settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from contracts.org.events import TenantChanged, TenantState


class TenantStatus(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class Settings(TypedDict, total=False):
    """What may be changed; see contracts.org.events.TenantState for the values."""

    name: str
    timezone: str
    currency: str
    languages: tuple[str, ...]
    default_tax_rate: Decimal
    country: str


@dataclass(frozen=True, kw_only=True)
class Tenant:
    id: UUID
    name: str
    timezone: str
    currency: str
    languages: tuple[str, ...]
    default_tax_rate: Decimal
    country: str
    status: TenantStatus = TenantStatus.ACTIVE
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def change(self, settings: Settings, *, now: datetime) -> tuple[Tenant, TenantChanged] | None:
        """The tenant with these settings; None when it has them already."""
        changed = replace(self, **settings)
        if changed == self:
            return None
        changed = replace(changed, updated_at=now)
        return changed, TenantChanged(tenant=changed.state())

    def state(self) -> TenantState:
        """The tenant as others see it."""
        return TenantState(
            tenant_id=self.id,
            name=self.name,
            timezone=self.timezone,
            currency=self.currency,
            languages=list(self.languages),
            default_tax_rate=self.default_tax_rate,
            country=self.country,
            status=self.status,
        )
