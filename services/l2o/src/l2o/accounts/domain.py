"""An account and its totals."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.l2o.events import AccountState
from kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class Account:
    """A customer company."""

    id: UUID
    name: str
    phone: str | None = None
    lead_id: UUID | None = None
    owner_id: str | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def state(self) -> AccountState:
        """How events tell of it."""
        return AccountState(
            account_id=self.id,
            name=self.name,
            phone=self.phone,
            lead_id=self.lead_id,
            owner_id=self.owner_id,
        )


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What an account has ordered, had shipped and paid so far, gross, in one currency."""

    account_id: UUID
    ordered: Money
    shipped: Money
    received: Money
