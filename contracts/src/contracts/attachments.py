"""Attachments: which files hang on which record, as the service of the record publishes it.

The bytes of all files are kept by desk, which knows nobody's access rules: the service of a record
decides who may attach files to it and who may fetch them. A service whose records have files
declares its own classes: `CpqAttachmentState`, `CpqAttachmentChanged`, `CpqAttachmentSnapshot`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from contracts.event import Event, Snapshot, State
from kernel.personal import Personal

# A file of which no record is left is kept for so long, so that its attachment can be restored.
KEPT_DETACHED: Final = timedelta(days=30)


class AttachmentFields(State):
    """A file that is attached to a record; it is deleted once it was detached."""

    attachment_id: UUID
    resource: Annotated[str, Field(description="The kind of record, such as `cpq.quote`")]
    record_id: UUID
    file_id: UUID
    file_name: Annotated[
        str | None,
        Personal("text"),
        Field(description="None once the person of the record was erased: so are the bytes"),
    ]
    media_type: str
    size: Annotated[int, Field(description="In bytes")]


class AttachmentChanged(Event):
    """The fields of `<service>.attachment.changed.v1`: a file was attached, detached, restored."""

    attachment: Any


class AttachmentSnapshot(Snapshot):
    """The fields of `<service>.attachment.snapshot.v1`, published again on request."""

    attachment: Any
