"""What can be done with notifications."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from org.notifications import store
from org.notifications.domain import Notification, NotificationKind, Subject, made_at


async def notify(
    tx: AsyncConnection,
    recipient: str | None,
    kind: NotificationKind,
    *,
    about: Subject | None = None,
    params: Mapping[str, str] | None = None,
    occurred_at: datetime,
) -> None:
    """Tell somebody now of what happened then, unless nobody is meant or they do not want it."""
    if recipient is None or not await wants(tx, recipient, kind):
        return
    told_id = new_id()
    told = Notification(
        id=told_id,
        recipient=recipient,
        kind=kind,
        params=dict(params or {}),
        resource=about.resource if about else None,
        record_id=about.record_id if about else None,
        occurred_at=occurred_at,
        created_at=made_at(told_id),
    )
    await store.add(tx, told)


async def wants(tx: AsyncConnection, recipient: str, kind: NotificationKind) -> bool:
    """Whether somebody is told of this kind; yes, unless they said no."""
    return (await store.preferences(tx, recipient)).get(kind, True)


async def preferences_of(tx: AsyncConnection, recipient: str) -> Mapping[NotificationKind, bool]:
    """Every kind, and whether somebody is told of it."""
    said = await store.preferences(tx, recipient)
    return {kind: said.get(kind, True) for kind in NotificationKind}


async def prefer(
    tx: AsyncConnection, recipient: str, in_app: Mapping[NotificationKind, bool]
) -> None:
    """Switch kinds on or off; what is not named stays."""
    for kind, wanted in sorted(in_app.items()):
        await store.put_preference(tx, recipient, kind, in_app=wanted)


async def read_notification(
    tx: AsyncConnection, notification_id: UUID, *, recipient: str, now: datetime
) -> Notification:
    """One that is read answers itself. Raises NotFound, also for those of others."""
    before = await store.get(tx, notification_id, recipient=recipient)
    after = before.read(now=now)
    return before if after is before else await store.save(tx, after)
