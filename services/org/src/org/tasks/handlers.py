"""The work of all services: their tasks and the notices to their people."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from contracts.work import RecordRef, WorkChanged
from org.notifications.actions import notify
from org.tasks.actions import apply_work


async def on_work_changed(tx: AsyncConnection, event: WorkChanged, meta: EventMeta) -> None:
    """Send the notices of the event, and raise or settle the tasks about its record."""
    work, occurred_at = event.work, meta.occurred_at
    about = RecordRef(resource=work.resource, record_id=work.record_id)
    for notice in event.notices:
        await notify(tx, notice, about=about, occurred_at=occurred_at)
    for task in work.tasks:
        await apply_work(tx, task, about, epoch=meta.epoch, now=occurred_at)
