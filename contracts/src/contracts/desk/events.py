"""Events that DESK publishes."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.attachments import AttachmentChanged, AttachmentFields, AttachmentSnapshot
from contracts.event import AggregateState, Event, Snapshot, SnapshotFinished
from contracts.imports import ImportEnded
from contracts.tenant_tasks import TenantTaskEnded
from contracts.work import WorkChanged, WorkSnapshot
from kernel.personal import Personal


class ApprovalState(AggregateState):
    """A request for approval after the event; `approval_id` was given by the asking service.

    `record_version` is the version of the record that was asked for: a decision holds for it and
    for no other. `status` is PENDING, or final: APPROVED, REJECTED, RETURNED (sent back to the
    asker), WITHDRAWN, VOID. While it is pending, `step` is the present one and `waits_for` are the
    people whose turn it is.
    """

    aggregate: ClassVar[str] = "desk.approval"
    approval_id: UUID
    kind: str
    resource: str
    record_id: UUID
    record_version: int
    record_name: Annotated[str, Personal("name")]
    facts: dict[str, Any] = Field(default_factory=dict)
    lines: tuple[dict[str, Any], ...] = ()
    requested_by: str
    requested_at: AwareDatetime
    flow_version: int
    status: str
    step: str | None = None
    waits_for: tuple[str, ...] = ()
    ended_at: AwareDatetime | None = None
    ended_by: str | None = None
    reason: Annotated[str | None, Personal("text")] = None


class ApprovalOpened(Event):
    """A request for approval has arrived, and its first approvers are asked."""

    type: ClassVar[str] = "desk.approval.opened.v1"
    approval: ApprovalState


class ApprovalChanged(Event):
    """A request for approval has moved on: to other approvers or another step."""

    type: ClassVar[str] = "desk.approval.changed.v1"
    approval: ApprovalState


class ApprovalDecided(Event):
    """A request was approved, rejected, sent back or withdrawn; its service acts on that."""

    type: ClassVar[str] = "desk.approval.decided.v1"
    approval: ApprovalState


class ApprovalSnapshot(Snapshot):
    """The present state of a request for approval, published again on request."""

    type: ClassVar[str] = "desk.approval.snapshot.v1"
    approval: ApprovalState


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
    purpose: str = "MARKETING"
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


class MessageState(AggregateState):
    """A message to the outside after the event, without its address and its text.

    Its id is that of the request by which another service has asked for it. `reason` is a code, or
    the number of a mail server's reply.
    """

    aggregate: ClassVar[str] = "desk.message"
    message_id: UUID
    channel: Annotated[str, Field(description="MAIL or SMS")]
    template_code: str
    language: str
    purpose: str
    about_resource: str | None = None
    about_id: UUID | None = None
    status: Annotated[
        str, Field(description="QUEUED, SENDING, SENT, FAILED, UNCERTAIN, REFUSED or BOUNCED")
    ]
    attempts: int
    reason: str | None = None
    requested_by: str | None = None
    sent_at: AwareDatetime | None = None


class MessageCreated(Event):
    """A message was queued, or refused at once."""

    type: ClassVar[str] = "desk.message.created.v1"
    message: MessageState


class MessageChanged(Event):
    """A message is being sent, was sent or given up, or came back."""

    type: ClassVar[str] = "desk.message.changed.v1"
    message: MessageState


class MessageSnapshot(Snapshot):
    """The present state of a message, published again on request."""

    type: ClassVar[str] = "desk.message.snapshot.v1"
    message: MessageState


class DeskAttachmentState(AttachmentFields, AggregateState):
    """A file that hangs on a request for approval."""

    aggregate: ClassVar[str] = "desk.attachment"


class DeskAttachmentChanged(AttachmentChanged):
    """A file was attached to a request for approval, with a decision."""

    type: ClassVar[str] = "desk.attachment.changed.v1"
    attachment: DeskAttachmentState


class DeskAttachmentSnapshot(AttachmentSnapshot):
    """The present state of an attachment, published again on request."""

    type: ClassVar[str] = "desk.attachment.snapshot.v1"
    attachment: DeskAttachmentState


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
