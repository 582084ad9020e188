"""Request and response bodies of tasks."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kernel.business_dates import BusinessDate
from kernel.texts import TrimmedText
from org.notifications.schemas import ResourceName
from org.tasks.domain import TaskState

TaskTitle = Annotated[str, TrimmedText(min_length=1, max_length=200)]


class TaskEdit(BaseModel):
    """The fields of a task that can be edited, if the caller created it."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"title": "回访王芳", "due_date": "2026-12-01"}]},
    )
    title: TaskTitle
    due_date: BusinessDate | None = None


class TaskIn(TaskEdit):
    """A new task of the caller, with the record it is about, if any."""

    resource: ResourceName | None = Field(None, examples=["l2o.opportunity"])
    record_id: UUID | None = None


class TaskOut(BaseModel):
    """A task; the title of a raised one is its text in the caller's language."""

    id: UUID
    kind: Annotated[str, Field(examples=["OWN", "WORK_LEAD"])]
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
