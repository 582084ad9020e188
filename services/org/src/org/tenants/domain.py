"""A tenant and its settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from contracts.org.events import Quotas, TenantChanged, TenantState
from kernel.errors import RuleBroken


class TenantStatus(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    DELETED = "DELETED"


class TaxRounding(StrEnum):
    """Whether tax is rounded on every line, or once per rate of a document and then split."""

    LINE = "LINE"
    DOCUMENT = "DOCUMENT"


MOVES = {
    TenantStatus.ACTIVE: {TenantStatus.SUSPENDED, TenantStatus.DELETED},
    TenantStatus.SUSPENDED: {TenantStatus.ACTIVE, TenantStatus.DELETED},
    TenantStatus.DELETED: set[TenantStatus](),
}


class Settings(TypedDict, total=False):
    """What may be changed; see contracts.org.events.TenantState for the values."""

    name: str
    timezone: str
    currency: str
    languages: tuple[str, ...]
    default_tax_rate: Decimal
    country: str
    tax_rounding: TaxRounding
    quotas: Quotas


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
    tax_rounding: TaxRounding = TaxRounding.LINE
    quotas: Quotas = field(default_factory=Quotas)
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

    def move(self, status: TenantStatus, *, now: datetime) -> tuple[Tenant, TenantChanged] | None:
        """The tenant with this status; None when it has it already.

        Raises RuleBroken (TENANT_GONE): what is deleted stays deleted.
        """
        if status is self.status:
            return None
        if status not in MOVES[self.status]:
            raise RuleBroken("TENANT_GONE")
        moved = replace(self, status=status, updated_at=now)
        return moved, TenantChanged(tenant=moved.state())

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
            tax_rounding=self.tax_rounding,
            quotas=self.quotas,
        )
