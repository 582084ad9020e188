"""The routes of notifications; callers see only their own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from chassis.database.rows import from_columns
from chassis.foundation.clock import Now
from chassis.foundation.texts import Text
from chassis.foundation.words import in_words
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.lists.listing import RowShape
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import EmptyBody
from chassis.web.operations.waiter import OperationWaiter
from chassis.web.routing import new_router
from chassis.web.streams import NO_LONGER_ADMITTED, readmit_stream, require_stream_admission
from chassis.web.transaction import Tx
from org.notifications import actions, store
from org.notifications.domain import (
    Notification,
    overlap_start,
    smallest_uuid7_at,
)
from org.notifications.schemas import (
    MarkedReadOut,
    NotificationOut,
    PreferencesIn,
    PreferencesOut,
    UnreadCountOut,
)

router = new_router("/notifications", tag="notifications")
READ, WRITE = [allow("org.notification.read")], [allow("org.notification.write")]
STREAM_SECONDS, POLL_SECONDS, STREAM_PAGE_SIZE = 300, 1.0, 200


async def _row_shape() -> RowShape:
    return lambda row: _notification_out(from_columns(Notification, row))


add_list_routes(router, store.LISTING, shape=_row_shape)


@router.get("/unread", dependencies=READ)
async def notification_count_unread(tx: Tx, caller: Caller) -> UnreadCountOut:
    """Count the caller's unread notifications."""
    return UnreadCountOut(unread=await store.count_unread(tx, caller.subject))


@router.get("/preferences", dependencies=READ)
async def notification_preferences(tx: Tx, caller: Caller) -> PreferencesOut:
    """List all kinds and whether the caller receives them."""
    return PreferencesOut(in_app=dict(await actions.all_preferences(tx, caller.subject)))


@router.put("/preferences", dependencies=WRITE)
async def notification_prefer(body: PreferencesIn, tx: Tx, caller: Caller) -> PreferencesOut:
    """Switch kinds of notifications on or off."""
    await actions.set_preferences(tx, caller.subject, body.in_app)
    return PreferencesOut(in_app=dict(await actions.all_preferences(tx, caller.subject)))


@router.post("/read", dependencies=WRITE)
async def notification_read_all(
    tx: Tx, now: Now, caller: Caller, body: EmptyBody | None = None
) -> MarkedReadOut:
    """Mark all notifications of the caller as read."""
    return MarkedReadOut(read=await store.read_all(tx, caller.subject, now=now))


@router.post("/{notification_id}/read", dependencies=WRITE)
async def notification_read(
    notification_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    body: EmptyBody | None = None,
) -> NotificationOut:
    """Mark a notification as read; only its recipient changes it, so no If-Match is needed."""
    read = await actions.read_notification(tx, notification_id, recipient=caller.subject, now=now)
    return _notification_out(read)


class StreamPosition:
    """Which notifications a stream has sent.

    Each read starts a little before the last one sent, so notifications committed late are found.
    The first read only records the ids of notifications older than `oldest_unsent`.
    """

    def __init__(self, last: UUID, *, oldest_unsent: UUID) -> None:
        self._last_id, self._oldest_unsent, self._sent_ids = last, oldest_unsent, set[UUID]()

    def next_start(self) -> UUID:
        """Return the id after which the next read starts; forget older ids."""
        floor = overlap_start(self._last_id)
        self._sent_ids = {item for item in self._sent_ids if item > floor}
        return floor

    def unsent(self, page: Sequence[Notification]) -> list[Notification]:
        """Return the notifications of the page that were not sent yet; record them as sent."""
        unsent = [
            item
            for item in page
            if item.id not in self._sent_ids and item.id >= self._oldest_unsent
        ]
        self._sent_ids.update(item.id for item in page)
        self._last_id = max([self._last_id, *(item.id for item in page)])
        return unsent

    def caught_up(self) -> None:
        """From now on every unrecorded notification is new, however old its id is."""
        self._oldest_unsent = UUID(int=0)


async def _stream_position(
    now: Now, last_event_id: Annotated[UUID | None, Header(alias="Last-Event-ID")] = None
) -> StreamPosition:
    """Start now, or where the browser's last stream broke off, at most a day ago."""
    now_id = smallest_uuid7_at(now)
    if last_event_id is None:
        return StreamPosition(now_id, oldest_unsent=now_id)
    last = max(min(last_event_id, now_id), smallest_uuid7_at(now - timedelta(days=1)))
    return StreamPosition(last, oldest_unsent=overlap_start(last))


@router.get(
    "/events",
    dependencies=[*READ, Depends(require_stream_admission)],
    response_class=EventSourceResponse,
)
async def notification_events(
    request: Request, caller: Caller, position: Annotated[StreamPosition, Depends(_stream_position)]
) -> AsyncIterator[ServerSentEvent]:
    """Stream the caller's new notifications as `event: notification` for up to five minutes.

    With `Last-Event-ID` the stream resumes there and repeats the notifications of the 30 seconds
    before it, because some may have been missed: discard repeated ids.
    """
    waiter: OperationWaiter = request.app.state.operation_waiter
    loop = asyncio.get_running_loop()
    ends_at, start = loop.time() + STREAM_SECONDS, position.next_start()
    while loop.time() < ends_at and not waiter.closed:
        page = await _read_page(request, caller, start)
        if page is None:
            return
        for notification in position.unsent(page):
            body = _notification_out(notification)
            yield ServerSentEvent(
                event="notification", id=str(notification.id), data=body, retry=2000
            )
        if len(page) == STREAM_PAGE_SIZE:
            start = page[-1].id
            continue
        position.caught_up()
        await asyncio.sleep(POLL_SECONDS)
        start = position.next_start()


async def _read_page(
    request: Request, caller: Principal, start: UUID
) -> Sequence[Notification] | None:
    """Read a page in a short transaction of its own; None if the caller lost access."""
    try:
        async with readmit_stream(request, caller) as tx:
            return await store.list_after(tx, caller.subject, start, limit=STREAM_PAGE_SIZE)
    except NO_LONGER_ADMITTED:
        return None


def _notification_out(notification: Notification) -> NotificationOut:
    message = in_words(Text(**notification.text), **notification.params)
    return NotificationOut(**{**vars(notification), "message": message})
