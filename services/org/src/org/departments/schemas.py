"""Request and response bodies of departments."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.foundation.texts import Text
from chassis.records.access.schemas import PersonSummary
from chassis.records.answers import RecordOut
from chassis.records.import_examples import SELLER
from chassis.records.import_headings import Heading
from chassis.web.references import Expandable, PersonSubject, RefersTo
from kernel.texts import TrimmedText

DepartmentName = Annotated[
    str,
    TrimmedText(min_length=1, max_length=200),
    Field(examples=["华东大区"]),
]
DepartmentCode = Annotated[
    str,
    TrimmedText(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"),
    Field(description="Unique in the tenant, for example the ERP's code", examples=["EAST"]),
]
MoveReason = Annotated[
    str,
    TrimmedText(min_length=1, max_length=500),
    Field(examples=["2027 年组织调整"]),
]


class DepartmentEdit(BaseModel):
    """The fields of a department that can be edited; its parent changes by a move."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"name": "华东大区", "manager_id": None}]},
    )
    name: Annotated[
        DepartmentName,
        Heading("部门", ("部门名称", "department"), Text("华东大区", "Eastern region")),
    ]
    code: Annotated[DepartmentCode | None, Heading("编码", ("部门编码",), "EAST")] = None
    manager_id: Annotated[UUID | None, Heading("负责人", ("部门主管",), SELLER)] = Field(
        None, description="The head, who sees the records of the department and of all below it"
    )
    custom_fields: dict[str, Any] = {}


class DepartmentIn(DepartmentEdit):
    """A new department."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "华东大区", "code": "EAST", "parent_id": None}]}
    )
    parent_id: Annotated[UUID | None, Heading("上级部门")] = Field(
        None, description="Absent for a root department"
    )


class DepartmentMoveIn(BaseModel):
    """The new parent of a department and the reason for the move."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"parent_id": None, "reason": "2027 年组织调整"}]},
    )
    parent_id: UUID | None = Field(description="null makes it a root department")
    reason: MoveReason | None = None


class DepartmentOut(RecordOut):
    """A department."""

    name: str
    code: str | None
    parent_id: Annotated[UUID | None, RefersTo("org.department")]
    parent_name: str | None = None
    parent: Expandable["DepartmentOut"] = None
    manager_id: Annotated[UUID | None, RefersTo("org.person")]
    manager_name: str | None = None
    manager: Expandable[PersonSummary] = None
    active: bool


class DepartmentMoveOut(BaseModel):
    """A move of a department, with its parents before and after."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    from_parent_id: Annotated[UUID | None, RefersTo("org.department")]
    from_parent_name: str | None = None
    to_parent_id: Annotated[UUID | None, RefersTo("org.department")]
    to_parent_name: str | None = None
    reason: str | None
    moved_by: Annotated[str, PersonSubject] = Field(
        description="The subject of the caller who moved it"
    )
    moved_by_name: str | None = None
    moved_at: datetime
