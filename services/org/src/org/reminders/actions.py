"""The commands on reminders."""

from collections.abc import Callable
from uuid import UUID

from chassis.jobs import queue
from chassis.records.record_commands import (
    create_record,
    edit_record,
    remove_record,
    save_record,
)
from chassis.web.commands import Command
from contracts.work import RecordRef
from org.notifications.actions import notify
from org.notifications.domain import REMINDER as REMINDER_NOTICE
from org.reminders import store
from org.reminders.domain import Reminder
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

    Needs `org.reminder.write`. Raises NotFound, PreconditionFailed, RuleBroken (REMINDER_SENT).
    """

    async def check(before: Reminder, after: Reminder) -> None:
        before.ensure_not_sent()
        key, at, about = str(before.id), after.remind_at, _reference(before.id)
        await queue.enqueue(command.tx, REMINDER_JOB, key, run_at=at, about=about, replace=True)

    own = reminders_of(command.actor)
    return await edit_record(command, own, reminder_id, edit, check=check)


def _reference(reminder_id: UUID) -> RecordRef:
    return RecordRef(resource=REMINDER.scoped.resource, record_id=reminder_id)


async def delete_reminder(command: Command, reminder_id: UUID) -> None:
    """Delete a reminder of the actor, and its job.

    Needs `org.reminder.write`. Raises NotFound, PreconditionFailed.
    """
    await remove_record(command, reminders_of(command.actor), reminder_id)
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
    notice = REMINDER_NOTICE.notice(reminder.owner_id, {"text": reminder.text})
    await notify(tx, notice, about=about, occurred_at=now)
