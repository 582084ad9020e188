"""Raises and settles tasks and reminders, and notifies people, in the transaction of the change.

Each call publishes one `<service>.work.changed.v1`; org consumes these events of all services.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.work.published_work import PublishedWork
from chassis.records.work.tables import record_work
from contracts.event import EVENT_CLASSES, Event
from contracts.resources import OWNER_NOTICE
from contracts.work import (
    NoticeKind,
    RecordRef,
    ReminderKind,
    TaskKind,
    WorkNotice,
    WorkReminder,
    WorkTask,
)

ASSIGNED: Final = NoticeKind(
    OWNER_NOTICE, zh="{name} 已分配给您。", en="{name} has been assigned to you."
)


@dataclass(frozen=True)
class Duties:
    """What people have to do about a record, and what they will be reminded of."""

    tasks: Sequence[WorkTask]
    reminders: Sequence[WorkReminder]


# The duties after an event, from those before it and the event's sequence.
Change = Callable[[Duties, int], Duties]


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
    if assignee is not None:
        raised = task_raised(kind, assignee=assignee, params=params, due_date=due_date)
        await _change(tx, about, change=raised)


def task_raised(
    kind: TaskKind, *, assignee: str, params: Mapping[str, str], due_date: date | None = None
) -> Change:
    """Return the change that gives somebody the task of this kind, open.

    Raises ValueError if the kind's text needs a parameter that is missing.
    """
    checked_params = kind.checked(params)

    def raised(before: Duties, sequence: int) -> Duties:
        task = WorkTask(
            kind=kind.code,
            assignee=assignee,
            text=kind.text,
            params=checked_params,
            due_date=due_date,
            open=True,
            changed_in=sequence,
        )
        others = (other for other in before.tasks if other.kind != kind.code)
        return replace(before, tasks=[*others, task])

    return raised


async def raise_reminder(
    tx: AsyncConnection,
    kind: ReminderKind,
    about: RecordRef,
    *,
    recipient: str | None,
    params: Mapping[str, str],
    remind_at: datetime,
) -> None:
    """Remind somebody of a record at an instant; without recipient nothing happens.

    There is one such reminder per record: an existing one, also one that was sent, is replaced.
    One in the past is sent at once. `settle_tasks` settles it with the task of its kind. Raises
    ValueError if the kind's text needs a parameter that is missing, or without a time zone.
    """
    if recipient is None:
        return
    checked_params = kind.checked(params)
    if remind_at.tzinfo is None:
        raise ValueError(f"{remind_at} has no time zone")

    def raised(before: Duties, sequence: int) -> Duties:
        reminder = WorkReminder(
            kind=kind.code,
            recipient=recipient,
            text=kind.text,
            params=checked_params,
            remind_at=remind_at.astimezone(UTC),
            task=None if kind.with_task is None else kind.with_task.code,
            open=True,
            changed_in=sequence,
        )
        others = (other for other in before.reminders if other.kind != kind.code)
        return replace(before, reminders=[*others, reminder])

    await _change(tx, about, change=raised)


async def settle_tasks(
    tx: AsyncConnection, about: RecordRef, *, kinds: Sequence[TaskKind | ReminderKind] = ()
) -> None:
    """Settle the open tasks about a record, of these kinds or of all; none is left to be done.

    The reminders of the settled tasks are settled with them; without kinds, all reminders are.
    """
    codes = frozenset(kind.code for kind in kinds)
    duties = await _locked_duties(tx, about)
    work: list[WorkTask | WorkReminder] = [*duties.tasks, *duties.reminders]
    if any(_is_affected(one, codes) for one in work):
        await _change(tx, about, change=tasks_settled(kinds))


def tasks_settled(kinds: Sequence[TaskKind | ReminderKind] = ()) -> Change:
    """Return the change that settles the open tasks of these kinds, or all."""
    codes = frozenset(kind.code for kind in kinds)

    def settled(before: Duties, sequence: int) -> Duties:
        changes = {"open": False, "changed_in": sequence}

        def after(one: Any) -> Any:
            return one.model_copy(update=changes) if _is_affected(one, codes) else one

        return Duties(
            [after(one) for one in before.tasks], [after(one) for one in before.reminders]
        )

    return settled


def _is_affected(one: WorkTask | WorkReminder, codes: frozenset[str]) -> bool:
    return one.open and (not codes or bool({one.kind, getattr(one, "task", None)} & codes))


async def has_open_task(tx: AsyncConnection, kind: TaskKind, about: RecordRef) -> bool:
    """Return whether a task of this kind was raised about the record and not settled since."""
    tasks = (await _locked_duties(tx, about)).tasks
    return any(task.open and task.kind == kind.code for task in tasks)


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


async def _locked_duties(tx: AsyncConnection, about: RecordRef) -> Duties:
    c = record_work.c
    query = select(c.tasks, c.reminders).where(c.record_id == about.record_id).with_for_update()
    row = (await tx.execute(query)).one_or_none()
    return Duties([], []) if row is None else duties_of(row)


def duties_of(row: Any) -> Duties:
    """Return the duties in a row of the table."""
    return Duties(
        [WorkTask.model_validate(one) for one in row.tasks],
        [WorkReminder.model_validate(one) for one in row.reminders],
    )


async def _change(
    tx: AsyncConnection,
    about: RecordRef,
    *,
    change: Change | None = None,
    notices: tuple[WorkNotice, ...] = (),
) -> None:
    """Store the changed work with its next version, and publish it."""
    c = record_work.c
    row = insert(record_work).values(
        record_id=about.record_id, resource=about.resource, tasks=[], version=1
    )
    stored = (
        await tx.execute(
            row.on_conflict_do_update(
                index_elements=["tenant_id", "record_id"],
                set_={"version": c.version + 1},
            ).returning(c.tasks, c.reminders, c.version)
        )
    ).one()
    duties = duties_of(stored)
    if change is not None:
        duties = change(duties, stored.version)
        await tx.execute(
            update(record_work)
            .where(c.record_id == about.record_id)
            .values(tasks=json_of(duties.tasks), reminders=json_of(duties.reminders))
        )
    work = PublishedWork(
        about.record_id, stored.version, about.resource, duties.tasks, duties.reminders
    )
    await publish(tx, changed_event(work, notices), of=work)


def changed_event(work: PublishedWork, notices: Sequence[WorkNotice]) -> Event:
    """Return the event that carries the work about a record, of the record's service."""
    service = work.resource.partition(".")[0]
    return EVENT_CLASSES[f"{service}.work.changed.v1"].model_validate(
        {"work": work.state(), "notices": tuple(notices)}
    )


def json_of(work: Sequence[WorkTask | WorkReminder]) -> list[dict[str, Any]]:
    """Return tasks or reminders as the table holds them."""
    return [one.model_dump(mode="json") for one in work]
