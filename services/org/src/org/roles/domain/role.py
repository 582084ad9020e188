"""A role and its events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.org.events import RoleChanged, RoleDeleted, RoleState


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role gives its holders all of its scopes; a built-in one changes with releases only."""

    id: UUID
    code: str
    name: str
    scopes: tuple[str, ...]
    built_in: bool = False
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def changed(self, after: Role, *, now: datetime) -> tuple[Role, RoleChanged]:
        """Return the edited role and its event."""
        after = replace(after, updated_at=now)
        return after, RoleChanged(role=after.state())

    def deleted(self, *, now: datetime) -> tuple[Role, RoleDeleted]:
        """Return the role in its last version, one higher, and the event of its deletion."""
        last = replace(self, updated_at=now, version=self.version + 1)
        return last, RoleDeleted(role=last.state(deleted=True))

    def state(self, *, deleted: bool = False) -> RoleState:
        """Return the whole state as events carry it."""
        return RoleState(
            role_id=self.id,
            code=self.code,
            name=self.name,
            scopes=self.scopes,
            built_in=self.built_in,
            deleted=deleted,
        )
