"""The sample service's event."""

from typing import ClassVar
from uuid import UUID

from contracts.event import Event, State
from contracts.imports import ImportEnded
from contracts.tenant_tasks import TenantTaskEnded


class NoteWritten(Event):
    """Somebody wrote a note."""

    type: ClassVar[str] = "testkit.note.written.v1"
    note_id: UUID
    text: str


class CardState(State):
    """A card as it stands after the fact."""

    card_id: UUID
    title: str
    stage: str
    owner_id: str | None = None


class CardWritten(Event):
    """There is a new card."""

    type: ClassVar[str] = "testkit.card.written.v1"
    card: CardState


class CardChanged(Event):
    """A card is other than before."""

    type: ClassVar[str] = "testkit.card.changed.v1"
    card: CardState


class ImportFinished(ImportEnded):
    """An import has ended."""

    type: ClassVar[str] = "testkit.import.finished.v1"


class TenantTaskFinished(TenantTaskEnded):
    """The sample service has done its part of a tenant task."""

    type: ClassVar[str] = "testkit.tenant_task.finished.v1"
