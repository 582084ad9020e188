"""A xword, as stored and as its events carry it."""

from dataclasses import dataclass

from contracts.xservice.events import XresourceState
from kernel.records import OwnedRecord


@dataclass(frozen=True, kw_only=True)
class Xresource(OwnedRecord):
    """One xword. `owner_id` is the subject of the person it belongs to."""

    name: str
    description: str | None = None

    @property
    def display_name(self) -> str:
        """What people call the xword."""
        return self.name

    def state(self) -> XresourceState:
        """The state that events carry."""
        return XresourceState.of(self, xresource_id=self.id)
