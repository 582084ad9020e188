"""What can be done with tasks, and what facts do with them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import start_of_day
from chassis.jobs import queue
from chassis.records.tenant_settings import settings_of
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.ids import new_id
from org.notifications.actions import notify
from org.notifications.domain import NotificationKind, Subject
from org.tasks import store
from org.tasks.domain import OPEN, Move, Task, TaskKind

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
    """A task of one's own."""
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
    await _watch(tx, task)
    return task


async def edit_task(
    tx: AsyncConnection,
    before: Task,
    *,
    title: str,
    due_date: date | None,
    now: datetime,
) -> Task:
    """Raises RuleBroken (TASK_NOT_OWN), Conflict (STALE_WRITE)."""
    if (before.title, before.due_date) == (title, due_date):
        return before
    saved = await store.save(tx, before.edited(title=title, due_date=due_date, now=now))
    await _watch(tx, saved)
    return saved


async def move_task(
    tx: AsyncConnection,
    task_id: UUID,
    move: Move,
    *,
    assignee: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Task:
    """A move already made answers its result.

    Raises NotFound, RuleBroken (TASK_MOVE_FORBIDDEN), PreconditionFailed.
    """
    before = await store.get(tx, task_id, assignee=assignee, lock=True)
    if before.has_made(move):
        return before
    expected.check(before)
    return await store.save(tx, before.moved(move, now=now))


async def give_task(
    tx: AsyncConnection,
    kind: TaskKind,
    about: Subject,
    *,
    assignee: str,
    params: Mapping[str, str],
    due_date: date | None = None,
    now: datetime,
) -> None:
    """A fact gives somebody something to do; the task of the record moves with its owner."""
    known = await store.of_fact(tx, kind, about.record_id)
    if known is not None:
        given = known.given_to(assignee, params=params, due_date=due_date, now=now)
        task = await store.save(tx, given)
    else:
        task = Task(
            id=new_id(),
            assignee=assignee,
            kind=kind,
            params=dict(params),
            resource=about.resource,
            record_id=about.record_id,
            due_date=due_date,
            created_at=now,
            updated_at=now,
        )
        await store.add(tx, task)
    await _watch(tx, task)


async def is_to_be_done(tx: AsyncConnection, kind: TaskKind, record_id: UUID) -> bool:
    """Whether a fact has given it to somebody, and it is open."""
    known = await store.of_fact(tx, kind, record_id)
    return known is not None and known.state is OPEN


async def settle_task(
    tx: AsyncConnection, kind: TaskKind, record_id: UUID, *, now: datetime
) -> None:
    """A fact says that it is done; nothing happens where nothing was open."""
    known = await store.of_fact(tx, kind, record_id)
    if known is not None and known.state is OPEN:
        await store.save(tx, known.moved(Move.COMPLETE, now=now))


async def tell_overdue(
    tx: AsyncConnection, task_id: UUID, *, due_date: date, now: datetime
) -> None:
    """Tell whoever has it to do, unless it is done, gone or due on another day by now."""
    task = await store.find(tx, task_id)
    if task is None or task.state is not OPEN or task.due_date != due_date:
        return
    about = Subject.of(task.resource, task.record_id)
    told = {"title": task.called, "due_date": due_date.isoformat()}
    await notify(
        tx, task.assignee, NotificationKind.TASK_OVERDUE, about=about, params=told, occurred_at=now
    )


async def _watch(tx: AsyncConnection, task: Task) -> None:
    """Look again when the day after the due date begins for the tenant."""
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
        replace=True,
    )
