"""A team and its events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.org.events import TeamChanged, TeamDeleted, TeamState


@dataclass(frozen=True, kw_only=True)
class Team:
    """A team; `member_ids` are people in the order of their ids."""

    id: UUID
    name: str
    member_ids: tuple[UUID, ...]
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def changed(self, after: Team, *, now: datetime) -> tuple[Team, TeamChanged]:
        """Return the edited team and its event."""
        after = replace(after, updated_at=now)
        return after, TeamChanged(team=after.state())

    def deleted(self, *, now: datetime) -> tuple[Team, TeamDeleted]:
        """Return the team in its last version, one higher, and the event of its deletion."""
        last = replace(self, updated_at=now, version=self.version + 1)
        return last, TeamDeleted(team=last.state(deleted=True))

    def state(self, *, deleted: bool = False) -> TeamState:
        """Return the whole state as events carry it."""
        return TeamState(
            team_id=self.id, name=self.name, member_ids=self.member_ids, deleted=deleted
        )
