"""What can be done with reminders."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from kernel.ids import new_id
from org.notifications.actions import notify
from org.notifications.domain import NotificationKind, Subject
from org.reminders import store
from org.reminders.domain import Reminder

JOB = "reminder"


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
    """One whose instant is past is sent at once."""
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
    await queue.enqueue(tx, JOB, str(reminder.id), run_at=remind_at)
    return reminder


async def edit_reminder(
    tx: AsyncConnection, before: Reminder, *, text: str, remind_at: datetime, now: datetime
) -> Reminder:
    """Raises RuleBroken (REMINDER_SENT), Conflict (STALE_WRITE)."""
    if (before.text, before.remind_at) == (text, remind_at):
        return before
    saved = await store.save(tx, before.changed(text=text, remind_at=remind_at, now=now))
    await queue.enqueue(tx, JOB, str(saved.id), run_at=remind_at, replace=True)
    return saved


async def remove_reminder(tx: AsyncConnection, reminder: Reminder) -> None:
    await queue.cancel(tx, JOB, str(reminder.id))
    await store.remove(tx, reminder.id)


async def send_reminder(tx: AsyncConnection, reminder_id: UUID, *, now: datetime) -> None:
    """Tell its owner, once; not one that is gone or has been put off meanwhile."""
    reminder = await store.find(tx, reminder_id)
    if reminder is None or not reminder.is_due(now=now):
        return
    about = Subject.of(reminder.resource, reminder.record_id)
    await store.save(tx, reminder.sent(now=now))
    told = {"text": reminder.text}
    kind = NotificationKind.REMINDER
    await notify(tx, reminder.owner_id, kind, about=about, params=told, occurred_at=now)
