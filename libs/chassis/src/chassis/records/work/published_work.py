"""The work about one record, in the form that events carry it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from contracts.work import WorkReminder, WorkState, WorkTask


@dataclass(frozen=True)
class PublishedWork:
    """The tasks and reminders about a record.

    The id is the record's, the version counts the events of the work.
    """

    id: UUID
    version: int
    resource: str
    tasks: Sequence[WorkTask]
    reminders: Sequence[WorkReminder] = ()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the work in a row."""
        tasks = [WorkTask.model_validate(task) for task in row["tasks"]]
        reminders = [WorkReminder.model_validate(one) for one in row["reminders"]]
        return cls(row["record_id"], row["version"], row["resource"], tasks, reminders)

    def state(self) -> WorkState:
        """Return the state that events carry."""
        return WorkState(
            resource=self.resource,
            record_id=self.id,
            tasks=tuple(self.tasks),
            reminders=tuple(self.reminders),
        )
