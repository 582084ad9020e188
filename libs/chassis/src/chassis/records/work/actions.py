"""Raises and settles tasks, and notifies people, in the transaction of the change behind it.

Each call publishes one `<service>.work.changed.v1`; org consumes these events of all services.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.work.published_work import PublishedWork
from chassis.records.work.tables import record_work
from contracts.event import EVENT_CLASSES
from contracts.resources import OWNER_NOTICE
from contracts.work import NoticeKind, RecordRef, TaskKind, WorkNotice, WorkTask

ASSIGNED: Final = NoticeKind(
    OWNER_NOTICE, zh="{name} 已分配给您。", en="{name} has been assigned to you."
)
# The tasks after an event, from those before it and the event's sequence.
TaskChange = Callable[[Sequence[WorkTask], int], Sequence[WorkTask]]


async def raise_task(
    tx: AsyncConnection,
    kind: TaskKind,
    about: RecordRef,
    *,
    assignee: str | None,
    params: Mapping[str, str],
    due_date: date | None = None,
) -> None:
    """Give somebody the task of this kind about a record, open; without assignee nothing happens.

    There is one such task per record: an existing one is reassigned and reopened.
    Raises ValueError if the kind's text needs a parameter that is missing.
    """
    if assignee is None:
        return
    checked_params = kind.checked(params)

    def raised(before: Sequence[WorkTask], sequence: int) -> Sequence[WorkTask]:
        task = WorkTask(
            kind=kind.code,
            assignee=assignee,
            text=kind.text,
            params=checked_params,
            due_date=due_date,
            open=True,
            changed_in=sequence,
        )
        return [*(other for other in before if other.kind != kind.code), task]

    await _change(tx, about, change=raised)


async def settle_tasks(
    tx: AsyncConnection, about: RecordRef, *, kinds: Sequence[TaskKind] = ()
) -> None:
    """Settle the open tasks about a record, of these kinds or of all; none is left to be done."""
    codes = {kind.code for kind in kinds}

    def is_affected(task: WorkTask) -> bool:
        return task.open and (not codes or task.kind in codes)

    def settled(before: Sequence[WorkTask], sequence: int) -> Sequence[WorkTask]:
        changes = {"open": False, "changed_in": sequence}
        return [task.model_copy(update=changes) if is_affected(task) else task for task in before]

    if any(is_affected(task) for task in await _locked_tasks(tx, about)):
        await _change(tx, about, change=settled)


async def has_open_task(tx: AsyncConnection, kind: TaskKind, about: RecordRef) -> bool:
    """Return whether a task of this kind was raised about the record and not settled since."""
    return any(task.open and task.kind == kind.code for task in await _locked_tasks(tx, about))


async def notify(
    tx: AsyncConnection,
    kind: NoticeKind,
    about: RecordRef,
    *,
    recipient: str | None,
    params: Mapping[str, str],
) -> None:
    """Notify somebody of what happened to a record; without recipient nothing happens.

    Raises ValueError if the kind's text needs a parameter that is missing.
    """
    if recipient is not None:
        await _change(tx, about, notices=(kind.notice(recipient, params),))


async def announce_owner(
    tx: AsyncConnection, about: RecordRef, *, name: str, owner_id: str | None, actor: str | None
) -> None:
    """Notify the new owner of a record called `name`, unless they assigned it to themselves."""
    if owner_id != actor:
        params = {"name": name, "resource": about.resource}
        await notify(tx, ASSIGNED, about, recipient=owner_id, params=params)


async def _locked_tasks(tx: AsyncConnection, about: RecordRef) -> Sequence[WorkTask]:
    query = select(record_work.c.tasks).where(record_work.c.record_id == about.record_id)
    return _tasks(await tx.scalar(query.with_for_update()) or ())


def _tasks(stored: Sequence[Mapping[str, Any]]) -> Sequence[WorkTask]:
    return [WorkTask.model_validate(task) for task in stored]


async def _change(
    tx: AsyncConnection,
    about: RecordRef,
    *,
    change: TaskChange | None = None,
    notices: tuple[WorkNotice, ...] = (),
) -> None:
    """Store the changed work with its next version, and publish it."""
    row = insert(record_work).values(
        record_id=about.record_id, resource=about.resource, tasks=[], version=1
    )
    stored = (
        await tx.execute(
            row.on_conflict_do_update(
                index_elements=["tenant_id", "record_id"],
                set_={"version": record_work.c.version + 1},
            ).returning(record_work.c.tasks, record_work.c.version)
        )
    ).one()
    tasks = _tasks(stored.tasks)
    if change is not None:
        tasks = change(tasks, stored.version)
        await tx.execute(
            update(record_work)
            .where(record_work.c.record_id == about.record_id)
            .values(tasks=[task.model_dump(mode="json") for task in tasks])
        )
    service = about.resource.partition(".")[0]
    work = PublishedWork(about.record_id, stored.version, about.resource, tasks)
    event = EVENT_CLASSES[f"{service}.work.changed.v1"].model_validate(
        {"work": work.state(), "notices": notices}
    )
    await publish(tx, event, of=work)
