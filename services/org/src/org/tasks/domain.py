"""A task and its allowed moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from contracts.work import WorkTask
from kernel.errors import RuleBroken
from kernel.transitions import Transitions

OWN: Final = "OWN"  # the kind of the tasks that people write; services raise all others


class TaskState(StrEnum):
    """Whether a task is open, done or dismissed."""

    OPEN = "OPEN"
    DONE = "DONE"
    DISMISSED = "DISMISSED"


OPEN, DONE, DISMISSED = TaskState


class TaskMove(StrEnum):
    """What can be done with a task."""

    COMPLETE = "COMPLETE"
    DISMISS = "DISMISS"
    REOPEN = "REOPEN"


# The states from which each move is allowed, and the state it leads to.
TASK_MOVES = Transitions(
    {
        TaskMove.COMPLETE: ({OPEN}, DONE),
        TaskMove.DISMISS: ({OPEN}, DISMISSED),
        TaskMove.REOPEN: ({DONE, DISMISSED}, OPEN),
    }
)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task; OWN tasks have a `title`, raised ones have `params` that fill the `text`.

    `text` is a template for each language. `work_epoch` and `work_sequence` are the version of the
    publisher's work that last raised or settled the task.
    """

    id: UUID
    assignee: str
    kind: str = OWN
    title: str | None = None
    text: Mapping[str, str] | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    resource: str | None = None
    record_id: UUID | None = None
    due_date: date | None = None
    state: TaskState = OPEN
    ended_at: datetime | None = None
    work_epoch: int | None = None
    work_sequence: int | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def short_name(self) -> str:
        """The title, or else the name or number of the record."""
        candidates = (self.title, self.params.get("name"), self.params.get("document_no"))
        return next((text for text in candidates if text), "")

    def has_made(self, move: TaskMove) -> bool:
        """Return whether the task is in the state that the move leads to."""
        return TASK_MOVES.has_made(move, self.state)

    def moved(self, move: TaskMove, *, now: datetime) -> Task:
        """Return the task after the move. Raises RuleBroken (TASK_MOVE_FORBIDDEN)."""
        params = {"state": self.state, "move": move}
        TASK_MOVES.ensure_allowed(move, self.state, "TASK_MOVE_FORBIDDEN", **params)
        after = TASK_MOVES.target(move)
        ended = None if after is OPEN else now
        return replace(self, state=after, ended_at=ended, updated_at=now)

    def is_newer(self, work: WorkTask, *, epoch: int) -> bool:
        """Return whether the work was raised or settled after what this task holds."""
        return (epoch, work.changed_in) > (self.work_epoch or 0, self.work_sequence or 0)

    def raised(self, work: WorkTask, *, epoch: int, now: datetime) -> Task:
        """Return the task as the work states it: open, or done if it was open and is settled."""
        task = replace(
            self,
            assignee=work.assignee,
            text=work.text.model_dump(),
            params=work.params,
            due_date=work.due_date,
            work_epoch=epoch,
            work_sequence=work.changed_in,
            updated_at=now,
        )
        if work.open:
            return replace(task, state=OPEN, ended_at=None)
        return task.moved(TaskMove.COMPLETE, now=now) if task.state is OPEN else task

    def edited(self, *, title: str, due_date: date | None, now: datetime) -> Task:
        """Return the edited task. Raises RuleBroken (TASK_NOT_OWN) for a raised task."""
        if self.kind != OWN:
            raise RuleBroken("TASK_NOT_OWN", kind=self.kind)
        return replace(self, title=title, due_date=due_date, updated_at=now)

    def is_overdue(self, today: date) -> bool:
        """Return whether the task is open after its due date."""
        return self.state is OPEN and self.due_date is not None and self.due_date < today
