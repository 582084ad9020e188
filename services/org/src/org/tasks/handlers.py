"""The work of all services: their tasks and reminders, and the notices to their people."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from contracts.work import RecordRef, WorkChanged, WorkSnapshot, WorkState
from org.notifications.actions import notify
from org.reminders.actions import apply_reminder
from org.tasks.actions import apply_work


async def on_work_changed(tx: AsyncConnection, event: WorkChanged, meta: EventMeta) -> None:
    """Send the notices of the event, and raise or settle the duties about its record."""
    for notice in event.notices:
        await notify(tx, notice, about=_record_of(event.work), occurred_at=meta.occurred_at)
    await _apply_duties(tx, event.work, meta)


async def on_work_snapshot(tx: AsyncConnection, event: WorkSnapshot, meta: EventMeta) -> None:
    """Restore the duties about a record that are missing or older; the others stay as they are."""
    await _apply_duties(tx, event.work, meta)


async def _apply_duties(tx: AsyncConnection, work: WorkState, meta: EventMeta) -> None:
    for task in work.tasks:
        await apply_work(tx, task, _record_of(work), epoch=meta.epoch, now=meta.occurred_at)
    for one in work.reminders:
        await apply_reminder(tx, one, _record_of(work), epoch=meta.epoch, now=meta.occurred_at)


def _record_of(work: WorkState) -> RecordRef:
    return RecordRef(resource=work.resource, record_id=work.record_id)
