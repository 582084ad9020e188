"""A xword, as stored and as its events carry it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.xservice.events import XresourceState


@dataclass(frozen=True, kw_only=True)
class Xresource:
    """One xword. `owner_id` is the subject of the person it belongs to."""

    id: UUID
    name: str
    description: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    owner_id: str | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    @property
    def display_name(self) -> str:
        """What people call the xword."""
        return self.name

    def state(self) -> XresourceState:
        """The state that events carry."""
        return XresourceState.of(self, xresource_id=self.id)
