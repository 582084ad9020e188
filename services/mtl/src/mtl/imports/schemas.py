"""Request and response bodies of imports."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from mtl.imports.domain.runs import ImportKind, ImportState

LeadField = Literal["name", "company", "phone", "email", "external_id", "source", "attributes"]
ColumnName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Mapping = dict[ColumnName, LeadField | None]


def _each_field_once(mapping: Mapping) -> Mapping:
    times = Counter(field for field in mapping.values() if field not in (None, "attributes"))
    twice = sorted(field for field, count in times.items() if field and count > 1)
    if twice:
        raise PydanticCustomError(
            "MAPPING_AMBIGUOUS", "Several columns for one field", {"fields": twice}
        )
    return mapping


class ImportIn(BaseModel):
    """A new import; its file follows by `PUT`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "file_name": "expo-2026.csv",
                "kind": "LEADS",
                "mapping": {"手机号码": "phone", "Prospect ID": None},
            }
        },
    )

    file_name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)
    ]
    kind: ImportKind
    mapping: Annotated[Mapping, Field(max_length=200), AfterValidator(_each_field_once)] | None = (
        Field(
            default=None,
            description="By column: a field of the lead, `attributes`, or null to leave it out. "
            "Other columns are taken by their usual names (`Lead Number` is the external id), "
            "the rest as attributes",
        )
    )


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
    accepted: int
    refused: int
    with_warnings: int = Field(description="Accepted, but something had to be left out")


class ImportOut(BaseModel):
    """An import and how far it is."""

    id: UUID
    kind: ImportKind
    file_name: str
    file_size: int | None = Field(description="Bytes; null until the file is there")
    mapping: dict[str, str | None] | None
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
    errors: list[FindingOut]
