"""A xword, as stored and as its events carry it."""

from dataclasses import dataclass

from contracts.xservice.events import XresourceState
from kernel.records import NamedRecord


@dataclass(frozen=True, kw_only=True)
class Xresource(NamedRecord):
    """One xword. `owner_id` is the subject of the person it belongs to."""

    description: str | None = None

    def state(self) -> XresourceState:
        """The state that events carry."""
        return XresourceState.of(self, xresource_id=self.id)
