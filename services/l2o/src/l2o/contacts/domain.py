"""A contact."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.l2o.events import ContactState


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A person at an account."""

    id: UUID
    account_id: UUID
    name: str
    phone: str | None = None
    email: str | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def state(self) -> ContactState:
        """How events tell of them."""
        return ContactState(
            contact_id=self.id,
            account_id=self.account_id,
            name=self.name,
            phone=self.phone,
            email=self.email,
        )
