"""A task, and the moves it may make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from kernel.errors import RuleBroken


class TaskKind(StrEnum):
    """Own ones are written by hand; the others come and go with facts."""

    OWN = "OWN"
    WORK_LEAD = "WORK_LEAD"
    WORK_OPPORTUNITY = "WORK_OPPORTUNITY"
    COLLECT_RECEIVABLE = "COLLECT_RECEIVABLE"


class TaskState(StrEnum):
    OPEN = "OPEN"
    DONE = "DONE"
    DISMISSED = "DISMISSED"


OPEN, DONE, DISMISSED = TaskState


class Move(StrEnum):
    COMPLETE = "COMPLETE"
    DISMISS = "DISMISS"
    REOPEN = "REOPEN"


# From where, and to where. What is not here is forbidden.
MOVES: dict[Move, tuple[frozenset[TaskState], TaskState]] = {
    Move.COMPLETE: (frozenset({OPEN}), DONE),
    Move.DISMISS: (frozenset({OPEN}), DISMISSED),
    Move.REOPEN: (frozenset({DONE, DISMISSED}), OPEN),
}


@dataclass(frozen=True, kw_only=True)
class Task:
    """`title` is the person's own words; `params` fill the text of a kind that comes of facts."""

    id: UUID
    assignee: str
    kind: TaskKind = TaskKind.OWN
    title: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    resource: str | None = None
    record_id: UUID | None = None
    due_date: date | None = None
    state: TaskState = OPEN
    ended_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def called(self) -> str:
        """What to call it where there is room for a name only."""
        known = (self.title, self.params.get("name"), self.params.get("document_no"))
        return next((text for text in known if text), "")

    def has_made(self, move: Move) -> bool:
        """Whether the move would change nothing."""
        return self.state is MOVES[move][1]

    def moved(self, move: Move, *, now: datetime) -> Task:
        """Raises RuleBroken (TASK_MOVE_FORBIDDEN)."""
        before, after = MOVES[move]
        if self.state not in before:
            raise RuleBroken("TASK_MOVE_FORBIDDEN", state=self.state, move=move)
        ended = None if after is OPEN else now
        return replace(self, state=after, ended_at=ended, updated_at=now)

    def given_to(
        self, assignee: str, *, params: Mapping[str, str], due_date: date | None, now: datetime
    ) -> Task:
        """Somebody else has to do it now, or the facts behind it have changed; it is open again."""
        return replace(
            self,
            assignee=assignee,
            params=dict(params),
            due_date=due_date,
            state=OPEN,
            ended_at=None,
            updated_at=now,
        )

    def edited(self, *, title: str, due_date: date | None, now: datetime) -> Task:
        """Raises RuleBroken (TASK_NOT_OWN): what comes of facts is not rewritten."""
        if self.kind is not TaskKind.OWN:
            raise RuleBroken("TASK_NOT_OWN", kind=self.kind)
        return replace(self, title=title, due_date=due_date, updated_at=now)

    def is_overdue(self, today: date) -> bool:
        """Open on the day after its due date, or later."""
        return self.state is OPEN and self.due_date is not None and self.due_date < today
