"""A contact, and which one of an account's is the primary one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.l2o.events import ContactChanged, ContactState


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A person at an account. Where an account has any, one is primary; roles are codes."""

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

    def edited(self, edit: Contact, *, now: datetime) -> tuple[Contact, ContactChanged]:
        """As `edit` says, which differs in what a person may change."""
        changed = replace(edit, updated_at=now)
        return changed, ContactChanged(contact=changed.state())

    def promoted(self, *, now: datetime) -> tuple[Contact, ContactChanged]:
        """The one to call first from here on."""
        return self.edited(replace(self, is_primary=True), now=now)

    def demoted(self, *, now: datetime) -> tuple[Contact, ContactChanged]:
        """No longer the one to call first."""
        return self.edited(replace(self, is_primary=False), now=now)

    def state(self) -> ContactState:
        """How events tell of them."""
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
