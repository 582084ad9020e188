"""What the events of finished imports have in common; each publisher declares its own."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.event import Event, State


class ImportCounts(State):
    """Rows of the file; blank ones do not count. `with_warnings` is among those not refused."""

    total: int
    created: int
    updated: int
    merged: int
    unchanged: int
    refused: int
    with_warnings: int


class ImportEnded(Event):
    """The shape of `<service>.import.finished.v1`."""

    import_id: UUID
    kind: str
    file_name: str
    state: Annotated[str, Field(description="SUCCEEDED, FAILED or CANCELLED")]
    dry_run: bool
    counts: ImportCounts
    created_by: str | None
