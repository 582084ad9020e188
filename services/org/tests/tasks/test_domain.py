"""The moves of a task."""

from datetime import UTC, date, datetime

import pytest

from contracts.work import WorkTask, WorkText
from kernel.errors import RuleBroken
from kernel.ids import new_id
from org.tasks.domain import OWN, Task, TaskMove, TaskState

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 4, tzinfo=UTC)


def a_task(kind: str = OWN, due_date: date | None = None) -> Task:
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
        a_task("FOLLOW_UP").edited(title="x", due_date=None, now=NOW)


def work(*, open_: bool = True, changed_in: int = 1, assignee: str = "wang.wei") -> WorkTask:
    return WorkTask(
        kind="FOLLOW_UP",
        assignee=assignee,
        text=WorkText(zh="跟进 {name}", en="Follow up {name}"),
        params={"name": "x"},
        open=open_,
        changed_in=changed_in,
    )


def test_a_raised_task_is_open_whatever_the_assignee_did() -> None:
    done = a_task("FOLLOW_UP").moved(TaskMove.COMPLETE, now=NOW)
    raised = done.raised(work(), epoch=1, now=LATER)
    assert (raised.assignee, raised.state, raised.ended_at) == ("wang.wei", TaskState.OPEN, None)


def test_a_settled_task_is_done_unless_it_was_dismissed() -> None:
    task = a_task("FOLLOW_UP")
    settled = task.raised(work(open_=False), epoch=1, now=LATER)
    assert (settled.state, settled.ended_at) == (TaskState.DONE, LATER)
    dismissed = task.moved(TaskMove.DISMISS, now=NOW)
    settled = dismissed.raised(work(open_=False), epoch=1, now=LATER)
    assert (settled.state, settled.ended_at) == (TaskState.DISMISSED, NOW)


@pytest.mark.parametrize(
    ("epoch", "changed_in", "expected"),
    [(1, 3, False), (1, 4, False), (1, 5, True), (2, 1, True)],
)
def test_work_is_newer_by_epoch_and_then_by_sequence(
    epoch: int, changed_in: int, *, expected: bool
) -> None:
    task = a_task("FOLLOW_UP").raised(work(changed_in=4), epoch=1, now=NOW)
    assert task.is_newer(work(changed_in=changed_in), epoch=epoch) is expected
