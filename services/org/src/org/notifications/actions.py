"""The commands on notifications and their preferences."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.resources import declared_notices
from contracts.work import RecordRef, WorkNotice
from kernel.ids import new_id
from org.notifications import store
from org.notifications.domain import Notification, uuid7_time


async def notify(
    tx: AsyncConnection,
    notice: WorkNotice,
    *,
    about: RecordRef | None = None,
    occurred_at: datetime,
) -> None:
    """Notify somebody of what happened at `occurred_at`.

    Nothing happens if the recipient has switched this kind off. Called by event handlers and jobs,
    not by people.
    """
    if not await is_kind_enabled(tx, notice.recipient, notice.kind):
        return
    notification_id = new_id()
    notification = Notification(
        id=notification_id,
        recipient=notice.recipient,
        kind=notice.kind,
        text=notice.text.model_dump(),
        params=notice.params,
        resource=about.resource if about else None,
        record_id=about.record_id if about else None,
        occurred_at=occurred_at,
        created_at=uuid7_time(notification_id),
    )
    await store.add(tx, notification)


async def is_kind_enabled(tx: AsyncConnection, recipient: str, kind: str) -> bool:
    """Return whether the recipient gets this kind; all kinds are on unless switched off."""
    return (await store.stored_preferences(tx, recipient)).get(kind, True)


async def all_preferences(tx: AsyncConnection, recipient: str) -> Mapping[str, bool]:
    """Return every kind and whether the recipient gets it."""
    stored = await store.stored_preferences(tx, recipient)
    return {kind: stored.get(kind, True) for kind in declared_notices()}


async def set_preferences(tx: AsyncConnection, recipient: str, in_app: Mapping[str, bool]) -> None:
    """Switch the given kinds on or off for the caller. Needs `org.notification.write`."""
    for kind, enabled in sorted(in_app.items()):
        await store.save_preference(tx, recipient, kind, in_app=enabled)


async def read_notification(
    tx: AsyncConnection, notification_id: UUID, *, recipient: str, now: datetime
) -> Notification:
    """Mark a notification of the recipient as read; a second time changes nothing.

    Needs `org.notification.write`. Raises NotFound, also for other people's notifications.
    """
    before = await store.get(tx, notification_id, recipient=recipient)
    after = before.read(now=now)
    return before if after is before else await store.save(tx, after)
