from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(examples=["华东大区"]),
]
Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"),
    Field(description="Unique in the tenant, such as the ERP's", examples=["EAST"]),
]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    Field(examples=["2027 年组织调整"]),
]


class DepartmentEdit(BaseModel):
    """What may be edited of a department; its place in the tree changes by a move."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"name": "华东大区", "manager_id": None}]},
    )
    name: Name
    code: Code | None = None
    manager_id: UUID | None = Field(
        None, description="The person who heads it, and so sees what it and all below it own"
    )
    custom_fields: dict[str, Any] = {}


class DepartmentIn(DepartmentEdit):
    """A new department."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "华东大区", "code": "EAST", "parent_id": None}]}
    )
    parent_id: UUID | None = Field(None, description="Absent for a root")


class DepartmentMoveIn(BaseModel):
    """Where the department shall stand, with all that stands below it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"parent_id": None, "reason": "2027 年组织调整"}]},
    )
    parent_id: UUID | None = Field(description="null makes it a root")
    reason: Reason | None = None


class DepartmentOut(BaseModel):
    """A department."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    name: str
    code: str | None
    parent_id: UUID | None
    manager_id: UUID | None
    active: bool
    custom_fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    version: int


class MoveOut(BaseModel):
    """Where a department stood before and after a move."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    from_parent_id: UUID | None
    to_parent_id: UUID | None
    reason: str | None
    moved_by: str = Field(description="The subject of whoever moved it")
    moved_at: datetime
