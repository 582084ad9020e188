"""Request and response bodies of exports."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.files.exports.model import ExportState
from chassis.files.formats.rows import FileFormat
from chassis.web.references import PersonSubject


class ExportIn(BaseModel):
    """The request of an export."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"resource": "mtl.lead", "query": "status=RAW&sort=-created_at"}
        },
    )

    resource: Annotated[str, Field(min_length=1, max_length=100)]
    query: Annotated[str, Field(max_length=4000)] = Field(
        default="",
        description="Filters, search text and sort order, as in the query string of the list",
    )
    fields: Annotated[list[str], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Fields to export; all if absent"
    )
    format: Literal[FileFormat.CSV, FileFormat.XLSX, FileFormat.JSONL] = FileFormat.CSV


class ExportFailureOut(BaseModel):
    """The reason of a failed export; `code` and `params` are stable."""

    code: str
    message: str
    params: dict[str, Any]


class ExportOut(BaseModel):
    """An export with its state."""

    id: UUID
    resource: str
    query: str
    fields: list[str] | None
    format: FileFormat
    state: ExportState
    rows: int
    file_size: int | None = Field(description="Bytes; null until the file is written")
    failures: list[ExportFailureOut]
    created_by: Annotated[str, PersonSubject]
    created_by_name: str | None = None
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="The file is deleted at this time")
    version: int
    created_at: datetime
    updated_at: datetime
