"""Request and response bodies of exports."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.files.exports.model import ExportState
from chassis.files.formats.rows import FileFormat


class ExportIn(BaseModel):
    """A list to be written to a file."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"collection": "leads", "query": "status=NEW&sort=-created_at"}
        },
    )

    collection: Annotated[str, Field(min_length=1, max_length=100)]
    query: Annotated[str, Field(max_length=4000)] = Field(
        default="", description="Filters, words and sort, as the list takes them in its address"
    )
    fields: Annotated[list[str], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Else all"
    )
    format: FileFormat = FileFormat.CSV


class ExportFailureOut(BaseModel):
    """Why there is no file; `code` and `params` are the contract."""

    code: str
    message: str
    params: dict[str, Any]


class ExportOut(BaseModel):
    """An export and how far it is."""

    id: UUID
    collection: str
    query: str
    fields: list[str] | None
    format: FileFormat
    state: ExportState
    rows: int
    file_size: int | None = Field(description="Bytes; null until the file is there")
    failures: list[ExportFailureOut]
    created_by: str
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="The file is kept until then")
    version: int
    created_at: datetime
    updated_at: datetime
