"""The commands on reminders."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.work import RecordRef
from kernel.ids import new_id
from org.notifications.actions import notify
from org.notifications.domain import REMINDER
from org.reminders import store
from org.reminders.domain import Reminder

REMINDER_JOB = "reminder"


async def create_reminder(
    tx: AsyncConnection,
    *,
    owner_id: str,
    text: str,
    remind_at: datetime,
    resource: str | None,
    record_id: UUID | None,
    now: datetime,
) -> Reminder:
    """Add a reminder of the caller; one in the past is sent at once.

    Needs `org.reminder.write`.
    """
    reminder = Reminder(
        id=new_id(),
        owner_id=owner_id,
        text=text,
        remind_at=remind_at,
        resource=resource,
        record_id=record_id,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, reminder)
    await queue.enqueue(tx, REMINDER_JOB, str(reminder.id), run_at=remind_at)
    return reminder


async def edit_reminder(
    tx: AsyncConnection,
    before: Reminder,
    *,
    text: str,
    remind_at: datetime,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Reminder:
    """Change the text or the time of a reminder that the caller owns and the route has locked.

    Needs `org.reminder.write`. Raises PreconditionFailed, RuleBroken (REMINDER_SENT).
    """
    if (before.text, before.remind_at) == (text, remind_at):
        return before
    expected.check(before)
    saved = await store.save(tx, before.changed(text=text, remind_at=remind_at, now=now))
    await queue.enqueue(tx, REMINDER_JOB, str(saved.id), run_at=remind_at, replace=True)
    return saved


async def delete_reminder(tx: AsyncConnection, reminder: Reminder) -> None:
    """Delete a reminder that the caller owns, and its job. Needs `org.reminder.write`."""
    await queue.cancel(tx, REMINDER_JOB, str(reminder.id))
    await store.remove(tx, reminder.id)


async def send_reminder(tx: AsyncConnection, reminder_id: UUID, *, now: datetime) -> None:
    """Notify the owner of a due reminder, once; called by the job.

    Nothing happens if the reminder was deleted, sent or postponed.
    """
    reminder = await store.find(tx, reminder_id)
    if reminder is None or not reminder.is_due(now=now):
        return
    about = RecordRef.from_optional(reminder.resource, reminder.record_id)
    await store.save(tx, reminder.sent(now=now))
    notice = REMINDER.notice(reminder.owner_id, {"text": reminder.text})
    await notify(tx, notice, about=about, occurred_at=now)
