"""A contact of an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.l2o.events import ContactChanged, ContactState


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A person at an account; one contact of an account is primary. `roles` are codes."""

    id: UUID
    account_id: UUID
    name: str
    title: str | None = None
    phone: str | None = None
    email: str | None = None
    roles: Sequence[str] = ()
    is_primary: bool = False
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    owner_id: str | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    def edit(self, edited: Contact, *, now: datetime) -> tuple[Contact, ContactChanged]:
        """Take over the edited values."""
        changed = replace(edited, updated_at=now)
        return changed, ContactChanged(contact=changed.state())

    def make_primary(self, *, now: datetime) -> tuple[Contact, ContactChanged]:
        """Make this the primary contact of its account."""
        return self.edit(replace(self, is_primary=True), now=now)

    def make_secondary(self, *, now: datetime) -> tuple[Contact, ContactChanged]:
        """Make this one of the other contacts of its account."""
        return self.edit(replace(self, is_primary=False), now=now)

    def state(self) -> ContactState:
        """The contact in the form that events carry."""
        return ContactState(
            contact_id=self.id,
            account_id=self.account_id,
            name=self.name,
            phone=self.phone,
            email=self.email,
            title=self.title,
            roles=tuple(self.roles),
            is_primary=self.is_primary,
            owner_id=self.owner_id,
            custom_fields=dict(self.custom_fields),
        )
