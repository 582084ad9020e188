"""The events of the sample service."""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.event import Event, State
from contracts.imports import ImportEnded
from contracts.tenant_tasks import TenantTaskEnded


class NoteWritten(Event):
    """A note was written."""

    type: ClassVar[str] = "testkit.note.written.v1"
    note_id: UUID
    text: str


class CardState(State):
    """The state of a card after the event."""

    card_id: UUID
    title: str
    stage: str
    owner_id: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class CardWritten(Event):
    """A card was created."""

    type: ClassVar[str] = "testkit.card.written.v1"
    card: CardState


class CardChanged(Event):
    """A card was changed."""

    type: ClassVar[str] = "testkit.card.changed.v1"
    card: CardState


class ImportFinished(ImportEnded):
    """An import finished."""

    type: ClassVar[str] = "testkit.import.finished.v1"


class TenantTaskFinished(TenantTaskEnded):
    """The sample service finished its part of a tenant task."""

    type: ClassVar[str] = "testkit.tenant_task.finished.v1"
