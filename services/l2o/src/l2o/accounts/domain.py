"""An account, the company it belongs to, and its totals."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.l2o.events import AccountAssigned, AccountChanged, AccountState
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class Account:
    """A customer company; `parent_id` is the company it belongs to. `country` is ISO 3166-1."""

    id: UUID
    name: str
    phone: str | None = None
    parent_id: UUID | None = None
    industry: str | None = None
    country: str | None = None
    founded_year: int | None = None
    employees: int | None = None
    annual_revenue: Money | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    lead_id: UUID | None = None
    owner_id: str | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    def edited(self, edit: Account, *, now: datetime) -> tuple[Account, AccountChanged]:
        """As `edit` says, which differs in what a person may change."""
        changed = replace(edit, updated_at=now)
        return changed, AccountChanged(account=changed.state())

    def assign(
        self, owner_id: str, *, actor: str, now: datetime, reason: str | None = None
    ) -> tuple[Account, AccountAssigned]:
        """From here on it is somebody else's."""
        theirs = replace(self, owner_id=owner_id, updated_at=now)
        fact = AccountAssigned(
            account=theirs.state(), from_owner_id=self.owner_id, assigned_by=actor, reason=reason
        )
        return theirs, fact

    def ensure_unused(self, *, children: int, opportunities: int) -> None:
        """What belongs to it would belong to nothing; `opportunities` are the open ones.

        Raises RuleBroken (ACCOUNT_HAS_CHILDREN, ACCOUNT_HAS_OPPORTUNITIES).
        """
        if children:
            raise RuleBroken("ACCOUNT_HAS_CHILDREN", name=self.name, children=children)
        if opportunities:
            count = {"opportunities": opportunities}
            raise RuleBroken("ACCOUNT_HAS_OPPORTUNITIES", name=self.name, **count)

    def state(self) -> AccountState:
        """How events tell of it."""
        return AccountState(
            account_id=self.id,
            name=self.name,
            phone=self.phone,
            lead_id=self.lead_id,
            owner_id=self.owner_id,
            parent_id=self.parent_id,
            industry=self.industry,
            country=self.country,
            founded_year=self.founded_year,
            employees=self.employees,
            annual_revenue=self.annual_revenue,
            custom_fields=dict(self.custom_fields),
        )


def ensure_fit_parent(
    account_id: UUID, parent_id: UUID, *, exists: bool, above_parent: Collection[UUID]
) -> None:
    """`above_parent` are all companies the parent belongs to.

    Raises Invalid (PARENT_UNKNOWN), RuleBroken (ACCOUNT_CYCLE): never below itself.
    """
    if not exists:
        raise Invalid([Violation("/parent_id", "PARENT_UNKNOWN")])
    if account_id == parent_id or account_id in above_parent:
        raise RuleBroken("ACCOUNT_CYCLE", account_id=str(account_id), parent_id=str(parent_id))


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What an account has ordered, had shipped and paid so far, gross, in one currency."""

    account_id: UUID
    ordered: Money
    shipped: Money
    received: Money
