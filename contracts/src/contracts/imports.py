"""Fields that the events of finished imports share; each publisher declares its own event."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.event import Event, State


class ImportCounts(State):
    """Counts of the file's rows without blank ones; `with_warnings` counts accepted rows only."""

    total: int
    created: int
    updated: int
    merged: int
    unchanged: int
    refused: int
    with_warnings: int


class ImportEnded(Event):
    """The fields of `<service>.import.finished.v1`."""

    import_id: UUID
    resource: Annotated[str, Field(description="The resource of the imported records")]
    file_name: str
    state: Annotated[str, Field(description="SUCCEEDED, FAILED or CANCELLED")]
    dry_run: bool
    counts: ImportCounts
    created_by: str | None
