"""The sample service's event."""

from typing import ClassVar
from uuid import UUID

from contracts.event import Event


class NoteWritten(Event):
    """Somebody wrote a note."""

    type: ClassVar[str] = "testkit.note.written.v1"
    note_id: UUID
    text: str
