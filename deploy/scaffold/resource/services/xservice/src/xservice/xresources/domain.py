"""A xword: its state, and the events of its changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.xservice.events import XresourceAssigned
from contracts.xservice.events import XresourceChanged
from contracts.xservice.events import XresourceState


@dataclass(frozen=True, kw_only=True)
class Xresource:
    """One xword, as stored. `owner_id` is the subject of the person it belongs to."""

    id: UUID
    name: str
    description: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    owner_id: str | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    def edited(self, edit: Xresource, *, now: datetime) -> tuple[Xresource, XresourceChanged]:
        """Apply an edit, which differs in the fields that a person may change."""
        changed = replace(edit, updated_at=now)
        return changed, XresourceChanged(xresource=changed.state())

    def assigned(
        self, owner_id: str, *, actor: str, reason: str | None, now: datetime
    ) -> tuple[Xresource, XresourceAssigned]:
        """Transfer it to another owner."""
        assigned = replace(self, owner_id=owner_id, updated_at=now)
        event = XresourceAssigned(
            xresource=assigned.state(),
            from_owner_id=self.owner_id,
            assigned_by=actor,
            reason=reason,
        )
        return assigned, event

    def state(self) -> XresourceState:
        """The state that events carry."""
        return XresourceState(
            xresource_id=self.id,
            name=self.name,
            description=self.description,
            owner_id=self.owner_id,
            custom_fields=dict(self.custom_fields),
        )
