"""Request and response bodies of imports."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.files.formats.rows import FileFormat
from chassis.files.imports.model import ImportState
from chassis.files.imports.target import RowOutcome

ColumnName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
RequestedMapping = Annotated[
    dict[ColumnName, FieldName | None],
    Field(
        max_length=500,
        description="By column: a field of the kind, or null to leave it out. Other columns are"
        " taken by their usual names; see the preview",
    ),
]
SheetName = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ImportIn(BaseModel):
    """A new import; its file follows by `PUT`."""

    model_config = ConfigDict(extra="forbid")

    file_name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)
    ]
    kind: str
    mapping: RequestedMapping | None = None
    sheet: SheetName | None = Field(default=None, description="Of a workbook; else its first")
    dry_run: bool = Field(
        default=False, description="Say what would become of each row, and change nothing"
    )


class MappingIn(BaseModel):
    """What the columns mean, in place of what was said before."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"mapping": {"Tel.": "phone", "Memo": None}}}
    )

    mapping: RequestedMapping | None = None


class FindingOut(BaseModel):
    """One thing that is wrong; `code` and `params` are the contract."""

    column: str | None
    code: str = Field(examples=["PHONE_INVALID"])
    message: str
    params: dict[str, Any]


class CountsOut(BaseModel):
    """Rows; blank ones do not count."""

    total: int = Field(description="0 until the job has read the file")
    processed: int
    accepted: int = Field(description="Created, updated, merged or unchanged")
    created: int
    updated: int
    merged: int
    unchanged: int
    refused: int
    with_warnings: int = Field(description="Accepted, but there is something to say")


class ImportOut(BaseModel):
    """An import and how far it is."""

    id: UUID
    kind: str
    file_name: str
    file_size: int | None = Field(description="Bytes; null until the file is there")
    mapping: dict[str, str | None] | None
    sheet: str | None
    dry_run: bool
    state: ImportState
    counts: CountsOut
    failures: list[FindingOut] = Field(description="Why it ended as FAILED")
    created_by: str | None
    started_at: datetime | None
    finished_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class ImportRowOut(BaseModel):
    """A row there is something to say about."""

    row: int = Field(description="As a spreadsheet counts: the header is row 1", examples=[2])
    outcome: RowOutcome
    record_id: UUID | None
    errors: list[FindingOut] = Field(description="Warnings, where the row was not refused")


class PreviewRowOut(BaseModel):
    """A row as it would be read."""

    row: int
    fields: dict[str, str]
    rest: dict[str, str] = Field(description="By columns that no field takes")
    errors: list[FindingOut]
    warnings: list[FindingOut]


class PreviewOut(BaseModel):
    """The beginning of the file, read with the mapping as it stands or as it is tried."""

    format: FileFormat
    header: list[str]
    mapping: dict[str, str | None] = Field(description="Of every column; null is left out")
    fields: list[str] = Field(description="What a column can be mapped to")
    findings: list[FindingOut] = Field(description="Why the file cannot be taken in like this")
    rows: list[PreviewRowOut] = Field(description="The first 20")
