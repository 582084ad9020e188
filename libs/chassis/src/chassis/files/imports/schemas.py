"""Request and response bodies of imports."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from chassis.files.formats.code_pages import Encoding
from chassis.files.formats.rows import FileFormat
from chassis.files.imports.model import ImportState
from chassis.files.imports.target import RowOutcome
from chassis.web.references import PersonSubject
from kernel.texts import TrimmedText

ColumnName = Annotated[str, TrimmedText(min_length=1, max_length=100)]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
RequestedMapping = Annotated[
    dict[ColumnName, FieldName | None],
    Field(
        max_length=500,
        description="The field each column maps to, or null to ignore the column. Columns not"
        " listed are mapped by their known headers; see the preview",
    ),
]
SheetName = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ImportIn(BaseModel):
    """A new import; upload its file with `PUT` afterwards."""

    model_config = ConfigDict(extra="forbid")

    file_name: Annotated[str, TrimmedText(min_length=1, max_length=255)]
    resource: str
    mapping: RequestedMapping | None = None
    sheet: SheetName | None = Field(
        default=None, description="The sheet of a workbook; the first one if absent"
    )
    encoding: Encoding | None = Field(
        default=None,
        description="Of a CSV file; if absent, it is recognized from a byte order mark, from valid"
        " UTF-8, or from the characters and the tenant's languages. A file whose encoding is"
        " doubtful is refused",
    )
    dry_run: StrictBool = Field(
        default=False, description="Report the result of each row without changing any record"
    )


class MappingIn(BaseModel):
    """The column mapping that replaces the previous one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"mapping": {"Tel.": "phone", "Memo": None}}}
    )

    mapping: RequestedMapping | None = None
    encoding: Encoding | None = Field(
        default=None, description="Of a CSV file; if absent, the import keeps the one it has"
    )


class FindingOut(BaseModel):
    """An error or a warning; evaluate `code` and `params`, and show `message`."""

    column: str | None
    code: str = Field(examples=["PHONE_INVALID"])
    message: str
    params: dict[str, Any]


class CountsOut(BaseModel):
    """Numbers of rows; blank rows are not counted."""

    total: int = Field(description="0 until the job has read the file")
    processed: int
    accepted: int = Field(description="Created, updated, merged or unchanged")
    created: int
    updated: int
    merged: int
    unchanged: int
    refused: int
    with_warnings: int = Field(description="Accepted rows that have warnings")


class ImportOut(BaseModel):
    """An import and its progress."""

    id: UUID
    resource: str
    file_name: str
    file_size: int | None = Field(description="In bytes; null until the file is uploaded")
    mapping: dict[str, str | None] | None
    sheet: str | None
    encoding: Encoding | None = Field(description="The declared one")
    dry_run: bool
    state: ImportState
    counts: CountsOut
    failures: list[FindingOut] = Field(description="Why the import is FAILED")
    warnings: list[FindingOut] = Field(
        description="About the file as a whole, such as columns that no field takes; `/warnings`"
        " lists those of rows"
    )
    created_by: Annotated[str | None, PersonSubject]
    created_by_name: str | None = None
    started_at: datetime | None
    finished_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class ImportRowOut(BaseModel):
    """A row that was refused or has warnings."""

    row: int = Field(
        description="The row number as in a spreadsheet: the header is row 1", examples=[2]
    )
    outcome: RowOutcome
    record_id: UUID | None
    errors: list[FindingOut] = Field(description="Errors of a refused row; otherwise warnings")


class PreviewRowOut(BaseModel):
    """A row as the import would read it."""

    row: int
    fields: dict[str, str]
    rest: dict[str, str] = Field(
        description="The cells of columns that map to no field of their own"
    )
    errors: list[FindingOut]
    warnings: list[FindingOut]


class DecodedRowsOut(BaseModel):
    """The first lines of the file in one of the encodings that it may have."""

    encoding: Encoding
    lines: list[str] = Field(description="The first 5 that differ by the encoding")


class PreviewOut(BaseModel):
    """The first rows of the file, read with the mapping of the request or of the import."""

    format: FileFormat
    encoding: Encoding | None = Field(
        description="The encoding in which the file is read; null for a workbook, or if in doubt"
    )
    candidates: list[DecodedRowsOut] = Field(
        description="If the encoding is in doubt: what the file says in each one that is possible"
    )
    header: list[str]
    mapping: dict[str, str | None] = Field(
        description="The field of every column; null if it is ignored"
    )
    fields: list[str] = Field(description="The fields a column can map to")
    findings: list[FindingOut] = Field(description="Errors that prevent the import of the file")
    warnings: list[FindingOut] = Field(
        description="About the file as a whole, such as columns that no field takes"
    )
    rows: list[PreviewRowOut] = Field(description="The first 20")
