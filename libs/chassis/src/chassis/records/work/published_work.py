"""The work about one record, in the form that events carry it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from contracts.work import WorkState, WorkTask


@dataclass(frozen=True)
class PublishedWork:
    """The tasks about a record; the id is the record's, the version counts the work's events."""

    id: UUID
    version: int
    resource: str
    tasks: Sequence[WorkTask]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the work in a row."""
        tasks = [WorkTask.model_validate(task) for task in row["tasks"]]
        return cls(row["record_id"], row["version"], row["resource"], tasks)

    def state(self) -> WorkState:
        """Return the state that events carry."""
        return WorkState(resource=self.resource, record_id=self.id, tasks=tuple(self.tasks))
