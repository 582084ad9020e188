"""A person's notifications over HTTP; everybody sees only their own."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from chassis.auth import Caller, Principal, allow
from chassis.bodies import MoveIn
from chassis.clock import Now
from chassis.context import current
from chassis.db import Database
from chassis.lists.asked import Asked
from chassis.lists.listing import Listed
from chassis.operations.waiter import OperationWaiter
from chassis.pages import PageParams
from chassis.routing import new_router
from chassis.rows import from_columns
from chassis.texts import Texts
from chassis.transaction import Tx
from org.notifications import actions, store
from org.notifications.domain import Notification
from org.notifications.schemas import (
    NotificationOut,
    PreferencesIn,
    PreferencesOut,
    ReadOut,
    UnreadOut,
)

router = new_router("/notifications", tag="notifications")
READ, WRITE = [allow("org.notification.read")], [allow("org.notification.write")]
STREAM_SECONDS, POLL_SECONDS, MOST = 300, 1.0, 200
# A row may be committed later than one made after it: streams look back so far, and tell once.
OVERLAP = timedelta(seconds=30)


@router.get("", dependencies=READ)
async def notification_list(
    request: Request, tx: Tx, page: PageParams, asked: Annotated[Asked, store.LISTING.query]
) -> Listed[NotificationOut]:
    """What the caller was told, newest first."""
    return await store.LISTING.page(
        tx, page, asked, shape=lambda row: _shown(request, from_columns(Notification, row))
    )


@router.get("/unread", dependencies=READ)
async def notification_count_unread(tx: Tx, caller: Caller) -> UnreadOut:
    """How many the caller has not read."""
    return UnreadOut(unread=await store.unread(tx, caller.subject))


@router.get("/preferences", dependencies=READ)
async def notification_preferences(tx: Tx, caller: Caller) -> PreferencesOut:
    """What the caller is told of."""
    return PreferencesOut(in_app=dict(await actions.preferences_of(tx, caller.subject)))


@router.put("/preferences", dependencies=WRITE)
async def notification_prefer(body: PreferencesIn, tx: Tx, caller: Caller) -> PreferencesOut:
    """Switch kinds on or off."""
    await actions.prefer(tx, caller.subject, body.in_app)
    return PreferencesOut(in_app=dict(await actions.preferences_of(tx, caller.subject)))


@router.post("/read", dependencies=WRITE)
async def notification_read_all(
    tx: Tx, now: Now, caller: Caller, body: MoveIn | None = None
) -> ReadOut:
    """Mark all as read."""
    return ReadOut(read=await store.read_all(tx, caller.subject, now=now))


@router.post("/{notification_id}/read", dependencies=WRITE)
async def notification_read(
    request: Request,
    notification_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    body: MoveIn | None = None,
) -> NotificationOut:
    """Mark one as read; nobody else changes it, so that no If-Match is asked for."""
    read = await actions.read_notification(tx, notification_id, recipient=caller.subject, now=now)
    return _shown(request, read)


async def _since(
    now: Now, last_event_id: Annotated[UUID | None, Header(alias="Last-Event-ID")] = None
) -> datetime:
    """Where the stream begins: now, or where the browser's last one broke off."""
    if last_event_id is None:
        return now
    # The first 48 bits of a UUIDv7 are milliseconds since 1970 (RFC 9562, 5.7).
    seconds = (last_event_id.int >> 80) / 1000
    return max(datetime.fromtimestamp(seconds, tz=now.tzinfo), now - timedelta(days=1))


@router.get("/events", dependencies=READ, response_class=EventSourceResponse)
async def notification_events(
    request: Request, caller: Caller, since: Annotated[datetime, Depends(_since)]
) -> AsyncIterator[ServerSentEvent]:
    """What the caller is told from now on: `event: notification`; ends after five minutes."""
    waiter: OperationWaiter = request.app.state.operation_waiter
    loop = asyncio.get_running_loop()
    ends, told, first = loop.time() + STREAM_SECONDS, set[UUID](), True
    while loop.time() < ends and not waiter.closed:
        for one in await _page(request, caller, since - OVERLAP):
            # The first look only learns what was told before the stream began.
            if one.id not in told and (not first or one.created_at > since):
                shown = _shown(request, one)
                yield ServerSentEvent(event="notification", id=str(one.id), data=shown, retry=2000)
            told.add(one.id)
            since = max(since, one.created_at)
        first = False
        await asyncio.sleep(POLL_SECONDS)


async def _page(request: Request, caller: Principal, since: datetime) -> list[Notification]:
    """One short transaction: a stream holds none."""
    database: Database = request.app.state.database
    async with database.begin(caller.tenant_id) as tx:
        return list(await store.since(tx, caller.subject, since, most=MOST))


def _shown(request: Request, notification: Notification) -> NotificationOut:
    texts: Texts = request.app.state.texts
    code, params = f"NOTIFICATION_{notification.kind}", dict(notification.params)
    message = texts.say(code, params, current().language)
    return NotificationOut(**{**vars(notification), "message": message})
