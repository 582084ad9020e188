"""Request and response bodies of tasks."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kernel.business_dates import BusinessDate
from org.tasks.domain import TaskKind, TaskState

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Resource = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+\.[a-z_]+$", max_length=60)]


class TaskEdit(BaseModel):
    """What of an own task may be edited."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"title": "回访王芳", "due_date": "2026-12-01"}]},
    )
    title: Title
    due_date: BusinessDate | None = None


class TaskIn(TaskEdit):
    """A task of one's own, with the record it is about, where it is about one."""

    resource: Resource | None = Field(None, examples=["l2o.opportunity"])
    record_id: UUID | None = None


class TaskOut(BaseModel):
    """`title` is one's own words, or says the kind and its params in the caller's language."""

    id: UUID
    kind: TaskKind
    title: str
    params: dict[str, str]
    resource: str | None
    record_id: UUID | None
    due_date: date | None
    overdue: bool
    state: TaskState
    ended_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
