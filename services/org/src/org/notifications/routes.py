"""A person's notifications over HTTP; everybody sees only their own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from chassis.database.rows import from_columns
from chassis.foundation.clock import Now
from chassis.foundation.context import current
from chassis.foundation.texts import Texts
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listed
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import MoveIn
from chassis.web.operations.waiter import OperationWaiter
from chassis.web.pages import PageParams
from chassis.web.routing import new_router
from chassis.web.streams import TURNED_AWAY, enter_stream, looking
from chassis.web.transaction import Tx
from org.notifications import actions, store
from org.notifications.domain import Notification, first_id, look_back
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


@router.get("", dependencies=READ)
async def notification_list(
    request: Request, tx: Tx, page: PageParams, asked: Annotated[ListQuery, store.LISTING.query]
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


class Told:
    """What a stream has told, as far back as it looks.

    Its first look only learns what there is of those before `quiet`.
    """

    def __init__(self, last: UUID, *, quiet: UUID) -> None:
        self._last, self._quiet, self._ids = last, quiet, set[UUID]()

    def look(self) -> UUID:
        """After which one the next look begins."""
        floor = look_back(self._last)
        self._ids = {each for each in self._ids if each > floor}
        return floor

    def news(self, page: Sequence[Notification]) -> list[Notification]:
        """Those of the page that are to be told; from now on they are known."""
        news = [each for each in page if each.id not in self._ids and each.id >= self._quiet]
        self._ids.update(each.id for each in page)
        self._last = max([self._last, *(each.id for each in page)])
        return news

    def looked(self) -> None:
        """What comes now is new, however old its id."""
        self._quiet = UUID(int=0)


async def _told(
    now: Now, last_event_id: Annotated[UUID | None, Header(alias="Last-Event-ID")] = None
) -> Told:
    """A stream begins now, or where the browser's last one broke off, a day ago at most."""
    here = first_id(now)
    if last_event_id is None:
        return Told(here, quiet=here)
    last = max(min(last_event_id, here), first_id(now - timedelta(days=1)))
    return Told(last, quiet=look_back(last))


@router.get(
    "/events",
    dependencies=[*READ, Depends(enter_stream)],
    response_class=EventSourceResponse,
)
async def notification_events(
    request: Request, caller: Caller, told: Annotated[Told, Depends(_told)]
) -> AsyncIterator[ServerSentEvent]:
    """What the caller is told from now on: `event: notification`; ends after five minutes.

    With `Last-Event-ID` it goes on there. What was told up to 30 seconds before that one comes
    again, as some of it may have been missed: know them by their ids.
    """
    waiter: OperationWaiter = request.app.state.operation_waiter
    loop = asyncio.get_running_loop()
    ends, after = loop.time() + STREAM_SECONDS, told.look()
    while loop.time() < ends and not waiter.closed:
        page = await _page(request, caller, after)
        if page is None:
            return
        for one in told.news(page):
            shown = _shown(request, one)
            yield ServerSentEvent(event="notification", id=str(one.id), data=shown, retry=2000)
        if len(page) == MOST:
            after = page[-1].id
            continue
        told.looked()
        await asyncio.sleep(POLL_SECONDS)
        after = told.look()


async def _page(request: Request, caller: Principal, after: UUID) -> Sequence[Notification] | None:
    """One short transaction: a stream holds none. None when the caller is let in no more."""
    try:
        async with looking(request, caller) as tx:
            return await store.after(tx, caller.subject, after, most=MOST)
    except TURNED_AWAY:
        return None


def _shown(request: Request, notification: Notification) -> NotificationOut:
    texts: Texts = request.app.state.texts
    code, params = f"NOTIFICATION_{notification.kind}", dict(notification.params)
    message = texts.say(code, params, current().language)
    return NotificationOut(**{**vars(notification), "message": message})
