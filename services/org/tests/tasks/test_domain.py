from datetime import UTC, date, datetime

import pytest

from kernel.errors import RuleBroken
from kernel.ids import new_id
from org.tasks.domain import Move, Task, TaskKind, TaskState

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 4, tzinfo=UTC)


def a_task(kind: TaskKind = TaskKind.OWN, due_date: date | None = None) -> Task:
    return Task(
        id=new_id(), assignee="li.na", kind=kind, due_date=due_date, created_at=NOW, updated_at=NOW
    )


def test_a_task_is_done_and_open_again() -> None:
    done = a_task().moved(Move.COMPLETE, now=LATER)
    assert (done.state, done.ended_at, done.updated_at) == (TaskState.DONE, LATER, LATER)
    open_again = done.moved(Move.REOPEN, now=LATER)
    assert (open_again.state, open_again.ended_at) == (TaskState.OPEN, None)


@pytest.mark.parametrize(
    ("first", "then"), [(Move.COMPLETE, Move.DISMISS), (Move.DISMISS, Move.COMPLETE)]
)
def test_what_has_ended_ends_no_other_way(first: Move, then: Move) -> None:
    with pytest.raises(RuleBroken, match="TASK_MOVE_FORBIDDEN"):
        a_task().moved(first, now=NOW).moved(then, now=LATER)


def test_a_move_already_made_is_known() -> None:
    assert a_task().moved(Move.DISMISS, now=NOW).has_made(Move.DISMISS)
    assert a_task().has_made(Move.REOPEN)


def test_it_is_overdue_on_the_day_after_its_due_date() -> None:
    task = a_task(due_date=date(2026, 11, 22))
    assert not task.is_overdue(date(2026, 11, 22))
    assert task.is_overdue(date(2026, 11, 23))
    assert not task.moved(Move.COMPLETE, now=NOW).is_overdue(date(2026, 11, 23))
    assert not a_task().is_overdue(date(2026, 11, 23))


def test_what_comes_of_facts_is_not_rewritten() -> None:
    with pytest.raises(RuleBroken, match="TASK_NOT_OWN"):
        a_task(TaskKind.WORK_LEAD).edited(title="x", due_date=None, now=NOW)


def test_a_new_owner_has_it_open_again() -> None:
    done = a_task(TaskKind.WORK_LEAD).moved(Move.COMPLETE, now=NOW)
    given = done.given_to("wang.wei", params={"name": "x"}, due_date=None, now=LATER)
    assert (given.assignee, given.state, given.ended_at) == ("wang.wei", TaskState.OPEN, None)
