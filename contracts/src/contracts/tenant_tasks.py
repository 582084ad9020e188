"""What the events of finished tenant tasks have in common; each service declares its own."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.event import Event, State

FAILED = "TASK_FAILED"  # the note of a service that gave its part up


class TableReport(State):
    """How many rows of a table were exported, erased from, or deleted."""

    table: str
    rows: int


class TenantTaskEnded(Event):
    """The shape of `<service>.tenant_task.finished.v1`: one service has done its part."""

    task_id: UUID
    kind: Annotated[str, Field(description="EXPORT, ERASE or DELETE")]
    tables: Annotated[tuple[TableReport, ...], Field(description="Those with rows only")]
    notes: Annotated[tuple[str, ...], Field(description="Codes of what stays, and why")] = ()
