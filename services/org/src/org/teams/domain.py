"""A team."""

from dataclasses import dataclass
from uuid import UUID

from contracts.org.events import TeamState
from kernel.records import StoredRecord


@dataclass(frozen=True, kw_only=True)
class Team(StoredRecord):
    """A team; `member_ids` are people in the order of their ids."""

    name: str
    member_ids: tuple[UUID, ...]

    def state(self) -> TeamState:
        """Return the whole state as events carry it."""
        return TeamState.of(self, team_id=self.id)
