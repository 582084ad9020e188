"""Fields that the events of finished tenant tasks share; each service declares its own event."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.event import Event, State
from kernel.personal import Personal

COLLECT = "COLLECT"  # the kind of the first part of an erasure: find the person's values
TASK_FAILED = "TASK_FAILED"  # the note of a service that could not do its part


class TableReport(State):
    """How many rows of a table were exported, erased or deleted."""

    table: str
    rows: int


class PersonData(State):
    """Whom to erase: what was requested, and the values found in the person's own records."""

    ids: tuple[UUID, ...] = ()
    phones: tuple[Annotated[str, Personal("phone")], ...] = ()
    emails: tuple[Annotated[str, Personal("email")], ...] = ()
    values: Annotated[
        tuple[Annotated[str, Personal("name")], ...],
        Field(description="Names, phones and emails of the person's own records"),
    ] = ()


class TenantTaskEnded(Event):
    """The fields of `<service>.tenant_task.finished.v1`: one service has done its part."""

    task_id: UUID
    kind: Annotated[str, Field(description="EXPORT, COLLECT, ERASE or DELETE")]
    tables: Annotated[tuple[TableReport, ...], Field(description="Only tables with affected rows")]
    notes: Annotated[tuple[str, ...], Field(description="Codes of what was kept, and why")] = ()
    person: Annotated[
        PersonData | None, Field(description="Of COLLECT: what the service found of the person")
    ] = None
