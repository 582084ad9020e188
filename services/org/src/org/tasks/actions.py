"""The commands on tasks, by people and by event handlers."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import start_of_day
from chassis.jobs import queue
from chassis.records.tenant_settings import settings_of
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.work import RecordRef, WorkTask
from kernel.ids import new_id
from org.notifications.actions import notify
from org.notifications.domain import TASK_OVERDUE
from org.tasks import store
from org.tasks.domain import OPEN, Task, TaskMove

OVERDUE_JOB = "task_overdue"


async def create_task(
    tx: AsyncConnection,
    *,
    assignee: str,
    title: str,
    due_date: date | None,
    resource: str | None,
    record_id: UUID | None,
    now: datetime,
) -> Task:
    """Add a task of the caller. Needs `org.task.write`."""
    task = Task(
        id=new_id(),
        assignee=assignee,
        title=title,
        due_date=due_date,
        resource=resource,
        record_id=record_id,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, task)
    await _schedule_overdue_check(tx, task)
    return task


async def edit_task(
    tx: AsyncConnection,
    before: Task,
    *,
    title: str,
    due_date: date | None,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Task:
    """Edit a task that the caller created and the route has locked.

    Needs `org.task.write`. Raises PreconditionFailed, RuleBroken (TASK_NOT_OWN).
    """
    if (before.title, before.due_date) == (title, due_date):
        return before
    expected.check(before)
    saved = await store.save(tx, before.edited(title=title, due_date=due_date, now=now))
    await _schedule_overdue_check(tx, saved)
    return saved


async def move_task(
    tx: AsyncConnection,
    task_id: UUID,
    move: TaskMove,
    *,
    assignee: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Task:
    """Complete, dismiss or reopen a task of the assignee; a repeated move changes nothing.

    Needs `org.task.write`. Raises NotFound, PreconditionFailed, RuleBroken (TASK_MOVE_FORBIDDEN).
    """
    before = await store.get(tx, task_id, assignee=assignee, lock=True)
    if before.has_made(move):
        return before
    expected.check(before)
    return await store.save(tx, before.moved(move, now=now))


async def apply_work(
    tx: AsyncConnection, work: WorkTask, about: RecordRef, *, epoch: int, now: datetime
) -> None:
    """Raise, reassign, reopen or settle the task of a record; called by the event handler.

    There is one task of each kind per record. Work that is not newer than the task's changes
    nothing, so that what the assignee did meanwhile stays.
    """
    existing = await store.find_by_record(tx, work.kind, about.record_id)
    if existing is not None:
        if not existing.is_newer(work, epoch=epoch):
            return
        task = await store.save(tx, existing.raised(work, epoch=epoch, now=now))
    else:
        new = Task(
            id=new_id(),
            assignee=work.assignee,
            kind=work.kind,
            resource=about.resource,
            record_id=about.record_id,
            created_at=now,
            updated_at=now,
        )
        task = new.raised(work, epoch=epoch, now=now)
        await store.add(tx, task)
    if task.state is OPEN:
        await _schedule_overdue_check(tx, task)


async def notify_overdue(
    tx: AsyncConnection, task_id: UUID, *, due_date: date, now: datetime
) -> None:
    """Notify the assignee of an overdue task; called by the job.

    Nothing happens if the task was ended or deleted, or if its due date changed.
    """
    task = await store.find(tx, task_id)
    if task is None or task.state is not OPEN or task.due_date != due_date:
        return
    about = RecordRef.from_optional(task.resource, task.record_id)
    params = {"title": task.short_name, "due_date": due_date.isoformat()}
    await notify(tx, TASK_OVERDUE.notice(task.assignee, params), about=about, occurred_at=now)


async def _schedule_overdue_check(tx: AsyncConnection, task: Task) -> None:
    """Schedule the check for the start of the day after the due date, in the tenant's time zone."""
    if task.due_date is None:
        await queue.cancel(tx, OVERDUE_JOB, str(task.id))
        return
    timezone = (await settings_of(tx)).timezone
    await queue.enqueue(
        tx,
        OVERDUE_JOB,
        str(task.id),
        run_at=start_of_day(task.due_date + timedelta(days=1), timezone),
        payload={"due_date": task.due_date.isoformat()},
        about=RecordRef(resource="org.task", record_id=task.id),
        replace=True,
    )
