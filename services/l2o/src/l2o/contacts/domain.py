"""A contact of an account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.l2o.events import ContactState


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

    @property
    def display_name(self) -> str:
        """What people call the contact."""
        return self.name

    def state(self) -> ContactState:
        """The contact in the form that events carry."""
        return ContactState.of(self, contact_id=self.id)
