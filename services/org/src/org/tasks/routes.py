"""The routes of tasks; callers see only their own."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from chassis.database.rows import from_columns
from chassis.foundation.clock import Now
from chassis.foundation.texts import Text
from chassis.foundation.words import in_words
from chassis.records.lists.list_routes import Conditions, add_list_routes
from chassis.records.lists.listing import RowShape
from chassis.records.tenant_settings import today
from chassis.web.auth import Caller, allow
from chassis.web.bodies import EmptyBody
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.tasks import actions, store
from org.tasks.domain import Task, TaskMove
from org.tasks.schemas import TaskEdit, TaskIn, TaskOut

router = new_router("/tasks", tag="tasks")
READ, WRITE = [allow("org.task.read")], [allow("org.task.write")]


class TaskPresenter:
    """Builds response bodies in the caller's language, as of the tenant's current day."""

    def __init__(self, today: date) -> None:
        self.today = today

    def __call__(self, task: Task) -> TaskOut:
        title, overdue = task.title or "", task.is_overdue(self.today)
        if task.text is not None:
            title = in_words(Text(**task.text), **task.params)
        return TaskOut(**{**vars(task), "title": title, "overdue": overdue})


async def _presenter(tx: Tx, now: Now) -> TaskPresenter:
    return TaskPresenter(await today(tx, now))


Presenter = Annotated[TaskPresenter, Depends(_presenter)]


@router.post("", status_code=201, dependencies=WRITE)
async def task_create(
    response: Response, body: TaskIn, tx: Tx, now: Now, caller: Caller, present: Presenter
) -> TaskOut:
    """Add a task of the caller."""
    task = await actions.create_task(
        tx,
        assignee=caller.subject,
        title=body.title,
        due_date=body.due_date,
        resource=body.resource,
        record_id=body.record_id,
        now=now,
    )
    response.headers["Location"] = f"/org/v1/tasks/{task.id}"
    return present(task)


async def _row_shape(present: Presenter) -> RowShape:
    return lambda row: present(from_columns(Task, row))


async def _overdue(
    present: Presenter,
    *,
    overdue: Annotated[
        bool, Query(description="Only open tasks whose due date has passed")
    ] = False,
) -> Conditions:
    return store.open_and_due_before(present.today) if overdue else ()


add_list_routes(router, store.LISTING, shape=_row_shape, where=_overdue)


@router.get("/{task_id}", dependencies=READ)
async def task_get(task_id: UUID, tx: Tx, caller: Caller, present: Presenter) -> TaskOut:
    """Read a task."""
    task = await store.get(tx, task_id, assignee=caller.subject)
    return present(task)


@router.patch("/{task_id}", dependencies=WRITE)
async def task_edit(
    task_id: UUID,
    body: MergePatch[TaskEdit],
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
    present: Presenter,
) -> TaskOut:
    """Edit a task that the caller created."""
    before = await store.get(tx, task_id, assignee=caller.subject, lock=True)
    edit = body.merged(TaskEdit.model_construct(title=before.title or "", due_date=before.due_date))
    return present(
        await actions.edit_task(
            tx, before, title=edit.title, due_date=edit.due_date, expected=expected, now=now
        )
    )


class TaskMover:
    """Runs a move of a task with the parameters that all moves share."""

    def __init__(
        self, task_id: UUID, tx: Tx, now: Now, caller: Caller, expected: IfMatch, present: Presenter
    ) -> None:
        self._task_id, self._tx, self._now = task_id, tx, now
        self._assignee, self._expected, self._present = caller.subject, expected, present

    async def run(self, move: TaskMove) -> TaskOut:
        """Run the move; raises NotFound, RuleBroken (TASK_MOVE_FORBIDDEN), PreconditionFailed."""
        task = await actions.move_task(
            self._tx,
            self._task_id,
            move,
            assignee=self._assignee,
            expected=self._expected,
            now=self._now,
        )
        return self._present(task)


Mover = Annotated[TaskMover, Depends()]


@router.post("/{task_id}/complete", dependencies=WRITE)
async def task_complete(mover: Mover, body: EmptyBody | None = None) -> TaskOut:
    """Complete a task."""
    return await mover.run(TaskMove.COMPLETE)


@router.post("/{task_id}/dismiss", dependencies=WRITE)
async def task_dismiss(mover: Mover, body: EmptyBody | None = None) -> TaskOut:
    """Dismiss a task: it need not be done."""
    return await mover.run(TaskMove.DISMISS)


@router.post("/{task_id}/reopen", dependencies=WRITE)
async def task_reopen(mover: Mover, body: EmptyBody | None = None) -> TaskOut:
    """Reopen a completed or dismissed task."""
    return await mover.run(TaskMove.REOPEN)
