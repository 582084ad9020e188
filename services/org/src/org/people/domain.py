"""A person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from contracts.org.events import PersonState
from kernel.personal import Personal


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who has no `username` signs in elsewhere, at the tenant's own OIDC provider."""

    id: UUID
    name: Annotated[str, Personal("name")]
    email: Annotated[str | None, Personal("email")]
    username: Annotated[str | None, Personal("username")]
    scopes: tuple[str, ...]
    active: bool = True
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def state(self) -> PersonState:
        """The person as others see it."""
        return PersonState(person_id=self.id, name=self.name, email=self.email, active=self.active)
