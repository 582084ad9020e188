"""An attachment: a file of desk that hangs on a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, cast
from uuid import UUID

from contracts.attachments import KEPT_DETACHED
from contracts.event import EVENT_CLASSES, AggregateState
from kernel.errors import RuleBroken


@dataclass(frozen=True, kw_only=True)
class FileDescription:
    """A stored file as desk describes it: what an attachment repeats of it."""

    file_id: UUID
    file_name: str
    media_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that hangs on a record; `file_name` is None once the record's person was erased."""

    id: UUID
    resource: str
    record_id: UUID
    file_id: UUID
    file_name: str | None
    media_type: str
    size: int
    attached_by: str | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    custom_fields: ClassVar[Mapping[str, Any]] = {}

    def state(self) -> AggregateState:
        """The attachment in the form that the events of its service carry."""
        service = self.resource.partition(".")[0]
        changed = EVENT_CLASSES[f"{service}.attachment.changed.v1"]
        kind = cast(type[AggregateState], changed.model_fields["attachment"].annotation)
        return kind.of(self, attachment_id=self.id)

    def ensure_restorable(self, *, now: datetime) -> None:
        """Ensure that the file of a detached attachment is still kept.

        Raises RuleBroken (ATTACHMENT_GONE).
        """
        erased = self.file_name is None
        if erased or (self.deleted_at is not None and self.deleted_at + KEPT_DETACHED <= now):
            raise RuleBroken("ATTACHMENT_GONE", days=KEPT_DETACHED.days)
