"""A tenant, its settings and its status."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Final, TypedDict
from uuid import UUID
from zoneinfo import available_timezones

from contracts.org.events import Quotas, TenantChanged, TenantState
from kernel.taxes import TaxRounding
from kernel.transitions import Transitions

# Entries of the time zone database that describe a machine's setup and no time zone.
_NOT_TIMEZONES: Final = frozenset({"Factory", "localtime"})


class TenantStatus(StrEnum):
    """Whether a tenant works normally, can only read, or is deleted."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    DELETED = "DELETED"


# The statuses that may follow each status; a deleted tenant cannot be restored.
STATUS_MOVES = Transitions.between(
    {
        TenantStatus.ACTIVE: {TenantStatus.SUSPENDED, TenantStatus.DELETED},
        TenantStatus.SUSPENDED: {TenantStatus.ACTIVE, TenantStatus.DELETED},
    }
)


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_TIMEZONES


def is_timezone(name: str) -> bool:
    """Return whether this is the name of a time zone in the IANA database."""
    return name in _timezones()


class TenantSettings(TypedDict, total=False):
    """The settings to change; contracts.org.events.TenantState describes the values."""

    name: str
    timezone: str
    currency: str
    languages: tuple[str, ...]
    default_tax_rate: Decimal
    country: str
    tax_rounding: TaxRounding
    separate_resources: tuple[str, ...]
    transferred_along: tuple[str, ...]
    quotas: Quotas


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A tenant; contracts.org.events.TenantState describes the fields."""

    id: UUID
    name: str
    timezone: str
    currency: str
    languages: tuple[str, ...]
    default_tax_rate: Decimal
    country: str
    status: TenantStatus = TenantStatus.ACTIVE
    tax_rounding: TaxRounding = TaxRounding.LINE
    separate_resources: tuple[str, ...] = ()
    transferred_along: tuple[str, ...] = ()
    quotas: Quotas = field(default_factory=Quotas)
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def with_settings(self, settings: TenantSettings) -> tuple[Tenant, TenantChanged] | None:
        """Return the tenant with these settings and its event; None if it has them already."""
        changed = replace(self, **settings)
        return None if changed == self else (changed, TenantChanged(tenant=changed.state()))

    def with_status(self, status: TenantStatus) -> tuple[Tenant, TenantChanged] | None:
        """Return the tenant with this status and its event; None if it has it already.

        Raises RuleBroken (TENANT_GONE) for a deleted tenant, which cannot be restored.
        """
        if status is self.status:
            return None
        STATUS_MOVES.ensure_allowed(status, self.status, "TENANT_GONE")
        moved = replace(self, status=status)
        return moved, TenantChanged(tenant=moved.state())

    def state(self) -> TenantState:
        """Return the whole state as events carry it."""
        return TenantState.of(self, tenant_id=self.id)
