"""The commands on reminders."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from chassis.records.record_commands import (
    create_record,
    edit_record,
    remove_record,
    save_record,
)
from chassis.web.commands import Command
from contracts.work import RecordRef, WorkNotice, WorkReminder, WorkText
from kernel.ids import new_id
from org.notifications.actions import notify
from org.notifications.domain import REMINDER as REMINDER_NOTICE
from org.reminders import store
from org.reminders.domain import OWN, Reminder
from org.reminders.store import REMINDER, reminders_of

REMINDER_JOB = "reminder"


async def create_reminder(command: Command, reminder: Reminder) -> Reminder:
    """Add a reminder of the caller; one in the past is sent at once.

    Needs `org.reminder.write`.
    """
    about = _reference(reminder.id)
    run_at = reminder.remind_at
    await queue.enqueue(command.tx, REMINDER_JOB, str(reminder.id), run_at=run_at, about=about)
    return await create_record(command, REMINDER, reminder)


async def edit_reminder(
    command: Command, reminder_id: UUID, edit: Callable[[Reminder], Reminder]
) -> Reminder:
    """Change the text or the time of a reminder of the actor.

    Needs `org.reminder.write`. Raises NotFound, PreconditionFailed, RuleBroken (REMINDER_SENT,
    REMINDER_NOT_OWN).
    """

    def edit_own(before: Reminder) -> Reminder:
        before.ensure_own()
        return edit(before)

    async def check(before: Reminder, after: Reminder) -> None:
        before.ensure_not_sent()
        key, at, about = str(before.id), after.remind_at, _reference(before.id)
        await queue.enqueue(command.tx, REMINDER_JOB, key, run_at=at, about=about, replace=True)

    own = reminders_of(command.actor)
    return await edit_record(command, own, reminder_id, edit_own, check=check)


def _reference(reminder_id: UUID) -> RecordRef:
    return RecordRef(resource=REMINDER.scoped.resource, record_id=reminder_id)


async def delete_reminder(command: Command, reminder_id: UUID) -> None:
    """Delete a reminder of the actor, and its job; a raised one is settled.

    Without its row a repeated event would raise it again. Needs `org.reminder.write`. Raises
    NotFound, PreconditionFailed.
    """
    own = reminders_of(command.actor)
    reminder = await store.get(command.tx, reminder_id, owner_id=command.actor, lock=True)
    if reminder.kind == OWN:
        await remove_record(command, own, reminder_id)
    else:
        await edit_record(command, own, reminder_id, lambda one: one.settled(now=command.now))
    await queue.cancel(command.tx, REMINDER_JOB, str(reminder_id))


async def send_reminder(command: Command, reminder_id: UUID) -> None:
    """Notify the owner of a due reminder, once; called by the job.

    Nothing happens if the reminder was deleted, sent or postponed.
    """
    tx, now = command.tx, command.now
    reminder = await store.find(tx, reminder_id)
    if reminder is None or not reminder.is_due(now=now):
        return
    about = RecordRef.from_optional(reminder.resource, reminder.record_id)
    await save_record(command, REMINDER, reminder, reminder.sent(now=now))
    await notify(tx, _notice(reminder), about=about, occurred_at=now)


def _notice(reminder: Reminder) -> WorkNotice:
    """Return the notice of a reminder: a raised one says its own text in both languages."""
    if reminder.template is None:
        return REMINDER_NOTICE.notice(reminder.owner_id, {"text": reminder.text})
    return WorkNotice(
        kind=REMINDER_NOTICE.code,
        recipient=reminder.owner_id,
        text=WorkText(**reminder.template),
        params=dict(reminder.params),
    )


async def apply_reminder(
    tx: AsyncConnection, work: WorkReminder, about: RecordRef, *, epoch: int, now: datetime
) -> None:
    """Raise, replace or settle the reminder of a record; called by the event handler.

    There is one of each kind per record. Work that is not newer than what it holds changes
    nothing, so that a reminder is sent once.
    """
    existing = await store.find_by_record(tx, work.kind, about.record_id)
    if existing is not None and not existing.is_newer(work, epoch=epoch):
        return
    command = Command(tx, now)
    if existing is None:
        new = Reminder(
            id=new_id(),
            owner_id=work.recipient,
            kind=work.kind,
            text="",
            remind_at=work.remind_at,
            resource=about.resource,
            record_id=about.record_id,
            created_at=now,
            updated_at=now,
        )
        reminder = new.raised(work, epoch=epoch, now=now)
        await create_record(command, REMINDER, reminder)
    else:
        raised = existing.raised(work, epoch=epoch, now=now)
        reminder = await save_record(command, REMINDER, existing, raised)
    key = str(reminder.id)
    if not reminder.is_waiting:
        await queue.cancel(tx, REMINDER_JOB, key)
        return
    run_at, itself = reminder.remind_at, _reference(reminder.id)
    await queue.enqueue(tx, REMINDER_JOB, key, run_at=run_at, about=itself, replace=True)
