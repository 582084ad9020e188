"""Fields that the events of finished tenant tasks share; each service declares its own event."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.event import Event, State

TASK_FAILED = "TASK_FAILED"  # the note of a service that could not do its part


class TableReport(State):
    """How many rows of a table were exported, erased or deleted."""

    table: str
    rows: int


class TenantTaskEnded(Event):
    """The fields of `<service>.tenant_task.finished.v1`: one service has done its part."""

    task_id: UUID
    kind: Annotated[str, Field(description="EXPORT, ERASE or DELETE")]
    tables: Annotated[tuple[TableReport, ...], Field(description="Only tables with affected rows")]
    notes: Annotated[tuple[str, ...], Field(description="Codes of what was kept, and why")] = ()
