"""A person's tasks over HTTP; everybody sees only their own."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from chassis.auth import Caller, allow
from chassis.bodies import MoveIn
from chassis.clock import Now, business_date
from chassis.context import current
from chassis.lists.asked import Asked
from chassis.lists.listing import Listed
from chassis.pages import PageParams
from chassis.patches import MergePatch
from chassis.preconditions import IfMatch
from chassis.routing import new_router
from chassis.rows import from_columns
from chassis.texts import Texts
from chassis.transaction import Tx
from org.tasks import actions, store
from org.tasks.domain import Move, Task
from org.tasks.schemas import TaskEdit, TaskIn, TaskOut
from org.tenants import store as tenants

router = new_router("/tasks", tag="tasks")
READ, WRITE = [allow("org.task.read")], [allow("org.task.write")]


class Shape:
    """Tells tasks in the caller's language, as of the tenant's day."""

    def __init__(self, request: Request, timezone: str, now: Now) -> None:
        self._texts: Texts = request.app.state.texts
        self.today = business_date(now, timezone)

    def __call__(self, task: Task) -> TaskOut:
        said = self._texts.say(f"TASK_{task.kind}", dict(task.params), current().language)
        fields = {name: value for name, value in vars(task).items() if name != "assignee"}
        title, overdue = task.title or said, task.is_overdue(self.today)
        return TaskOut(**{**fields, "title": title, "overdue": overdue})


async def _shape(request: Request, tx: Tx, caller: Caller, now: Now) -> Shape:
    return Shape(request, (await tenants.get(tx, caller.tenant_id)).timezone, now)


@router.post("", status_code=201, dependencies=WRITE)
async def task_create(
    request: Request, response: Response, body: TaskIn, tx: Tx, now: Now, caller: Caller
) -> TaskOut:
    """Write down something to do."""
    task = await actions.create_task(
        tx,
        assignee=caller.subject,
        title=body.title,
        due_date=body.due_date,
        resource=body.resource,
        record_id=body.record_id,
        tenant_id=caller.tenant_id,
        now=now,
    )
    response.headers["Location"] = f"/org/v1/tasks/{task.id}"
    return (await _shape(request, tx, caller, now))(task)


@router.get("", dependencies=READ)
async def task_list(
    request: Request,
    tx: Tx,
    page: PageParams,
    now: Now,
    caller: Caller,
    asked: Annotated[Asked, store.LISTING.query],
    *,
    overdue: Annotated[bool, Query(description="Only open ones whose due date is over")] = False,
) -> Listed[TaskOut]:
    """What the caller has to do, newest first."""
    shape = await _shape(request, tx, caller, now)
    return await store.LISTING.page(
        tx,
        page,
        asked,
        shape=lambda row: shape(from_columns(Task, row)),
        where=store.due_before(shape.today) if overdue else (),
    )


@router.get("/{task_id}", dependencies=READ)
async def task_get(request: Request, task_id: UUID, tx: Tx, now: Now, caller: Caller) -> TaskOut:
    """Read a task."""
    task = await store.get(tx, task_id, assignee=caller.subject)
    return (await _shape(request, tx, caller, now))(task)


@router.patch("/{task_id}", dependencies=WRITE)
async def task_edit(
    request: Request,
    task_id: UUID,
    body: MergePatch[TaskEdit],
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
) -> TaskOut:
    """Edit a task of one's own."""
    before = await store.get(tx, task_id, assignee=caller.subject, lock=True)
    expected.check(before)
    edit = body.merged(TaskEdit.model_construct(title=before.title or "", due_date=before.due_date))
    task = await actions.edit_task(
        tx,
        before,
        title=edit.title,
        due_date=edit.due_date,
        tenant_id=caller.tenant_id,
        now=now,
    )
    return (await _shape(request, tx, caller, now))(task)


@router.post("/{task_id}/complete", dependencies=WRITE)
async def task_complete(
    request: Request,
    task_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
    body: MoveIn | None = None,
) -> TaskOut:
    """It is done."""
    task = await actions.move_task(
        tx, task_id, Move.COMPLETE, assignee=caller.subject, expected=expected, now=now
    )
    return (await _shape(request, tx, caller, now))(task)


@router.post("/{task_id}/dismiss", dependencies=WRITE)
async def task_dismiss(
    request: Request,
    task_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
    body: MoveIn | None = None,
) -> TaskOut:
    """It need not be done."""
    task = await actions.move_task(
        tx, task_id, Move.DISMISS, assignee=caller.subject, expected=expected, now=now
    )
    return (await _shape(request, tx, caller, now))(task)


@router.post("/{task_id}/reopen", dependencies=WRITE)
async def task_reopen(
    request: Request,
    task_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
    body: MoveIn | None = None,
) -> TaskOut:
    """It has to be done after all."""
    task = await actions.move_task(
        tx, task_id, Move.REOPEN, assignee=caller.subject, expected=expected, now=now
    )
    return (await _shape(request, tx, caller, now))(task)
