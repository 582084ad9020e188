"""What is said of tenant tasks."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chassis.records.contact_points import Email, Phone
from org.tenant_tasks.domain import TaskKind, TaskState


class TenantTaskIn(BaseModel):
    """Export everything, or erase a person known by these ids, phones and mails.

    Records of these ids lose all they hold of the person. Phones and mails are cut out wherever
    they stand, but a record that only has one of them may be another's and keeps the rest.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "ERASE", "phones": ["13800138000"]}]},
    )
    kind: Literal["EXPORT", "ERASE"]
    ids: Annotated[
        list[UUID], Field(max_length=100, description="Of the person, contact or lead")
    ] = []
    phones: Annotated[list[Phone], Field(max_length=20)] = []
    emails: Annotated[list[Email], Field(max_length=20)] = []

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        named = bool(self.ids or self.phones or self.emails)
        if named != (self.kind == "ERASE"):
            raise PydanticCustomError("ERASURE_NAMES_NOBODY", "An erasure names whom to erase")
        return self


class TenantTaskLine(BaseModel):
    """A task in a list."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")
    id: UUID
    target_id: UUID
    kind: TaskKind
    requested_by: str | None
    created_at: datetime


class TaskReportOut(BaseModel):
    """What one service did: rows per table, and codes of what stays."""

    model_config = ConfigDict(from_attributes=True)
    service: str
    tables: list[dict[str, Any]]
    notes: list[str]
    finished_at: datetime


class TenantTaskOut(TenantTaskLine):
    """A task and the reports that have come; of an export each service has its file."""

    state: TaskState
    reports: list[TaskReportOut]
