"""A person's tasks over HTTP; everybody sees only their own."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from chassis.database.rows import from_columns
from chassis.foundation.clock import Now
from chassis.foundation.context import current
from chassis.foundation.texts import Texts
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listed
from chassis.records.tenant_settings import today
from chassis.web.auth import Caller, allow
from chassis.web.bodies import MoveIn
from chassis.web.pages import PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.tasks import actions, store
from org.tasks.domain import Move, Task
from org.tasks.schemas import TaskEdit, TaskIn, TaskOut

router = new_router("/tasks", tag="tasks")
READ, WRITE = [allow("org.task.read")], [allow("org.task.write")]


class Shape:
    """Tells tasks in the caller's language, as of the tenant's day."""

    def __init__(self, texts: Texts, today: date) -> None:
        self._texts = texts
        self.today = today

    def __call__(self, task: Task) -> TaskOut:
        said = self._texts.say(f"TASK_{task.kind}", dict(task.params), current().language)
        fields = {name: value for name, value in vars(task).items() if name != "assignee"}
        title, overdue = task.title or said, task.is_overdue(self.today)
        return TaskOut(**{**fields, "title": title, "overdue": overdue})


async def _shape(request: Request, tx: Tx, now: Now) -> Shape:
    return Shape(request.app.state.texts, await today(tx, now))


Shown = Annotated[Shape, Depends(_shape)]


@router.post("", status_code=201, dependencies=WRITE)
async def task_create(
    response: Response, body: TaskIn, tx: Tx, now: Now, caller: Caller, shown: Shown
) -> TaskOut:
    """Write down something to do."""
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
    return shown(task)


@router.get("", dependencies=READ)
async def task_list(
    tx: Tx,
    page: PageParams,
    asked: Annotated[ListQuery, store.LISTING.query],
    shown: Shown,
    *,
    overdue: Annotated[bool, Query(description="Only open ones whose due date is over")] = False,
) -> Listed[TaskOut]:
    """What the caller has to do, newest first."""
    return await store.LISTING.page(
        tx,
        page,
        asked,
        shape=lambda row: shown(from_columns(Task, row)),
        where=store.due_before(shown.today) if overdue else (),
    )


@router.get("/{task_id}", dependencies=READ)
async def task_get(task_id: UUID, tx: Tx, caller: Caller, shown: Shown) -> TaskOut:
    """Read a task."""
    task = await store.get(tx, task_id, assignee=caller.subject)
    return shown(task)


@router.patch("/{task_id}", dependencies=WRITE)
async def task_edit(
    task_id: UUID,
    body: MergePatch[TaskEdit],
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
    shown: Shown,
) -> TaskOut:
    """Edit a task of one's own."""
    before = await store.get(tx, task_id, assignee=caller.subject, lock=True)
    expected.check(before)
    edit = body.merged(TaskEdit.model_construct(title=before.title or "", due_date=before.due_date))
    return shown(
        await actions.edit_task(tx, before, title=edit.title, due_date=edit.due_date, now=now)
    )


class Mover:
    """What the moves have in common: whose task it is, which copy was seen, how it is shown."""

    def __init__(
        self, task_id: UUID, tx: Tx, now: Now, caller: Caller, expected: IfMatch, shown: Shown
    ) -> None:
        self._task_id, self._tx, self._now = task_id, tx, now
        self._assignee, self._expected, self._shown = caller.subject, expected, shown

    async def make(self, move: Move) -> TaskOut:
        """Raises NotFound, RuleBroken (TASK_MOVE_FORBIDDEN), PreconditionFailed."""
        task = await actions.move_task(
            self._tx,
            self._task_id,
            move,
            assignee=self._assignee,
            expected=self._expected,
            now=self._now,
        )
        return self._shown(task)


Moves = Annotated[Mover, Depends()]


@router.post("/{task_id}/complete", dependencies=WRITE)
async def task_complete(moves: Moves, body: MoveIn | None = None) -> TaskOut:
    """It is done."""
    return await moves.make(Move.COMPLETE)


@router.post("/{task_id}/dismiss", dependencies=WRITE)
async def task_dismiss(moves: Moves, body: MoveIn | None = None) -> TaskOut:
    """It need not be done."""
    return await moves.make(Move.DISMISS)


@router.post("/{task_id}/reopen", dependencies=WRITE)
async def task_reopen(moves: Moves, body: MoveIn | None = None) -> TaskOut:
    """It has to be done after all."""
    return await moves.make(Move.REOPEN)
