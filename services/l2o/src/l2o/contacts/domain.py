"""A contact of an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from contracts.l2o.events import ContactState
from kernel.personal import Personal
from kernel.records import NamedRecord, ReferencedRecord
from parties.points import ReachedParty


@dataclass(frozen=True, kw_only=True)
class Contact(NamedRecord, ReachedParty, ReferencedRecord):
    """A person at an account; one contact of an account is primary. `roles` are codes."""

    account_id: UUID
    name: Annotated[str, Personal("name")]
    title: str | None = None
    phone: Annotated[str | None, Personal("phone")] = None
    email: Annotated[str | None, Personal("email")] = None
    roles: Sequence[str] = ()
    is_primary: bool = False

    def state(self) -> ContactState:
        """The contact in the form that events carry."""
        return ContactState.of(self, contact_id=self.id)
