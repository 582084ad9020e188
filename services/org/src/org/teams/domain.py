"""A team."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.org.events import TeamState


@dataclass(frozen=True, kw_only=True)
class Team:
    """A team; `member_ids` are people in the order of their ids."""

    id: UUID
    name: str
    member_ids: tuple[UUID, ...]
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def state(self) -> TeamState:
        """Return the whole state as events carry it."""
        return TeamState.of(self, team_id=self.id)
