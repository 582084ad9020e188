"""Events that DESK publishes."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.event import AggregateState, Event, Snapshot, SnapshotFinished
from contracts.imports import ImportEnded
from contracts.tenant_tasks import TenantTaskEnded
from contracts.work import WorkChanged, WorkSnapshot


class MessageTemplateState(AggregateState):
    """What messages of a code say, in one language over one channel."""

    aggregate: ClassVar[str] = "desk.message_template"
    message_template_id: UUID
    code: str
    name: str
    channel: Annotated[str, Field(description="MAIL or SMS")]
    language: str
    subject: str | None = None
    body: str
    active: bool
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class MessageTemplateCreated(Event):
    """A message template was created."""

    type: ClassVar[str] = "desk.message_template.created.v1"
    message_template: MessageTemplateState


class MessageTemplateChanged(Event):
    """A text or another field of a message template changed."""

    type: ClassVar[str] = "desk.message_template.changed.v1"
    message_template: MessageTemplateState


class MessageTemplateDeleted(Event):
    """A message template was deleted; it may be restored."""

    type: ClassVar[str] = "desk.message_template.deleted.v1"
    message_template: MessageTemplateState


class MessageTemplateRestored(Event):
    """A deleted message template was restored."""

    type: ClassVar[str] = "desk.message_template.restored.v1"
    message_template: MessageTemplateState


class MessageTemplateSnapshot(Snapshot):
    """The present state of a message template, published again on request."""

    type: ClassVar[str] = "desk.message_template.snapshot.v1"
    message_template: MessageTemplateState


class DeskImportFinished(ImportEnded):
    """A file import ended: it succeeded, failed or was cancelled."""

    type: ClassVar[str] = "desk.import.finished.v1"


class DeskTenantTaskFinished(TenantTaskEnded):
    """DESK has finished its part of a tenant task."""

    type: ClassVar[str] = "desk.tenant_task.finished.v1"


class DeskWorkChanged(WorkChanged):
    """A task about a record was raised or settled, or somebody was notified about it."""

    type: ClassVar[str] = "desk.work.changed.v1"


class DeskWorkSnapshot(WorkSnapshot):
    """The tasks about a record, published again on request."""

    type: ClassVar[str] = "desk.work.snapshot.v1"


class DeskSnapshotFinished(SnapshotFinished):
    """Every record of a run of snapshots has been published."""

    type: ClassVar[str] = "desk.snapshot_run.finished.v1"
