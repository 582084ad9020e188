"""Request and response bodies of files."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from chassis.web.references import PersonSubject
from desk.file_settings.domain.limits import PART_BYTES
from desk.file_settings.schemas import MOST_BYTES
from desk.files.domain.file import FileStatus
from kernel.texts import TrimmedText

# No path and no control character: the name goes into a header, and onto somebody's disk.
FileName = Annotated[
    str, TrimmedText(min_length=1, max_length=255, pattern=r'^[^/\\:*?"<>|\x00-\x1f\x7f]+$')
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class FileIn(BaseModel):
    """A file that is about to be uploaded."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"file_name": "合同扫描件.pdf", "size": 482133}]},
    )

    file_name: FileName
    size: Annotated[StrictInt, Field(ge=1, le=MOST_BYTES)] = Field(description="In bytes")
    sha256: Sha256 | None = Field(
        default=None, description="Of the whole file; what differs from it is never served"
    )


class FilePartOut(BaseModel):
    """A part that was received."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    size: int
    sha256: str


class FileSummary(BaseModel):
    """A file as the list of an administrator shows it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    file_name: str | None = Field(description="Null once a person was erased")
    size: int = Field(description="In bytes")
    status: FileStatus
    media_type: str | None = Field(description="As its content says; null before its first part")
    sha256: str | None
    threat: str | None = Field(description="The virus that was found")
    uploaded_by: Annotated[str, PersonSubject]
    uploaded_by_name: str | None = None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


class FileOut(FileSummary):
    """A file, with what is missing of its upload, or with the ticket by which it is attached."""

    part_size: int = Field(default=PART_BYTES, description="Of every part but the last")
    part_count: int
    parts: list[FilePartOut] = Field(
        default=[], description="Those that were received, while it is uploading"
    )
    ticket: str | None = Field(
        default=None,
        description="Attaches the file to a record of any service, by who uploaded it: "
        "`POST /cpq/v1/quotes/{id}/files`; for a day",
    )
