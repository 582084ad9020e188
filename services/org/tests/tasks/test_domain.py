"""The moves of a task."""

from datetime import UTC, date, datetime

import pytest

from kernel.errors import RuleBroken
from kernel.ids import new_id
from org.tasks.domain import Task, TaskKind, TaskMove, TaskState

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 4, tzinfo=UTC)


def a_task(kind: TaskKind = TaskKind.OWN, due_date: date | None = None) -> Task:
    return Task(
        id=new_id(), assignee="li.na", kind=kind, due_date=due_date, created_at=NOW, updated_at=NOW
    )


def test_a_task_is_completed_and_reopened() -> None:
    done = a_task().moved(TaskMove.COMPLETE, now=LATER)
    assert (done.state, done.ended_at, done.updated_at) == (TaskState.DONE, LATER, LATER)
    open_again = done.moved(TaskMove.REOPEN, now=LATER)
    assert (open_again.state, open_again.ended_at) == (TaskState.OPEN, None)


@pytest.mark.parametrize(
    ("first", "then"),
    [(TaskMove.COMPLETE, TaskMove.DISMISS), (TaskMove.DISMISS, TaskMove.COMPLETE)],
)
def test_an_ended_task_cannot_end_in_another_way(first: TaskMove, then: TaskMove) -> None:
    with pytest.raises(RuleBroken, match="TASK_MOVE_FORBIDDEN"):
        a_task().moved(first, now=NOW).moved(then, now=LATER)


def test_a_repeated_move_is_recognized() -> None:
    assert a_task().moved(TaskMove.DISMISS, now=NOW).has_made(TaskMove.DISMISS)
    assert a_task().has_made(TaskMove.REOPEN)


def test_a_task_is_overdue_on_the_day_after_its_due_date() -> None:
    task = a_task(due_date=date(2026, 11, 22))
    assert not task.is_overdue(date(2026, 11, 22))
    assert task.is_overdue(date(2026, 11, 23))
    assert not task.moved(TaskMove.COMPLETE, now=NOW).is_overdue(date(2026, 11, 23))
    assert not a_task().is_overdue(date(2026, 11, 23))


def test_a_generated_task_cannot_be_edited() -> None:
    with pytest.raises(RuleBroken, match="TASK_NOT_OWN"):
        a_task(TaskKind.WORK_LEAD).edited(title="x", due_date=None, now=NOW)


def test_a_reassigned_task_is_open() -> None:
    done = a_task(TaskKind.WORK_LEAD).moved(TaskMove.COMPLETE, now=NOW)
    reassigned = done.reassigned("wang.wei", params={"name": "x"}, due_date=None, now=LATER)
    assert (reassigned.assignee, reassigned.state, reassigned.ended_at) == (
        "wang.wei",
        TaskState.OPEN,
        None,
    )
