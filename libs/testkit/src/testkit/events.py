"""The events of the sample service."""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.attachments import AttachmentChanged, AttachmentFields, AttachmentSnapshot
from contracts.event import AggregateState, Event, Snapshot, SnapshotFinished
from contracts.imports import ImportEnded
from contracts.messages import MessageRequested
from contracts.tenant_tasks import TenantTaskEnded
from contracts.work import WorkChanged, WorkSnapshot


class NoteState(AggregateState):
    """The state of a note after the event."""

    aggregate: ClassVar[str] = "testkit.note"
    note_id: UUID
    text: str


class NoteWritten(Event):
    """A note was written."""

    type: ClassVar[str] = "testkit.note.written.v1"
    note_id: UUID
    text: str
    note: NoteState | None = None


class CardState(AggregateState):
    """The state of a card after the event."""

    aggregate: ClassVar[str] = "testkit.card"
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


class CardSnapshot(Snapshot):
    """The present state of a card, published again on request."""

    type: ClassVar[str] = "testkit.card.snapshot.v1"
    card: CardState


class CardAttachmentState(AttachmentFields, AggregateState):
    """A file that hangs on a card."""

    aggregate: ClassVar[str] = "testkit.attachment"


class CardAttachmentChanged(AttachmentChanged):
    """A file was attached to a card, detached from it, or attached again."""

    type: ClassVar[str] = "testkit.attachment.changed.v1"
    attachment: CardAttachmentState


class CardAttachmentSnapshot(AttachmentSnapshot):
    """The present state of an attachment, published again on request."""

    type: ClassVar[str] = "testkit.attachment.snapshot.v1"
    attachment: CardAttachmentState


class CardMessageRequested(MessageRequested):
    """A message about a card was asked for."""

    type: ClassVar[str] = "testkit.message_request.requested.v1"


class ImportFinished(ImportEnded):
    """An import finished."""

    type: ClassVar[str] = "testkit.import.finished.v1"


class TenantTaskFinished(TenantTaskEnded):
    """The sample service finished its part of a tenant task."""

    type: ClassVar[str] = "testkit.tenant_task.finished.v1"


class CardWorkChanged(WorkChanged):
    """A task about a card was raised or settled, or somebody was notified."""

    type: ClassVar[str] = "testkit.work.changed.v1"


class CardWorkSnapshot(WorkSnapshot):
    """The tasks about a card, published again on request."""

    type: ClassVar[str] = "testkit.work.snapshot.v1"


class CardSnapshotFinished(SnapshotFinished):
    """Every record of a run of snapshots has been published."""

    type: ClassVar[str] = "testkit.snapshot_run.finished.v1"
