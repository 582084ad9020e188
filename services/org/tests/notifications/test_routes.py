"""The routes of notifications."""

from datetime import datetime, timedelta
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import now
from contracts.resources import declared_notices
from org.notifications.actions import notify
from org.notifications.domain import REMINDER
from services.org.tests.factories import codes
from testkit import tokens

ME = "01990000-0000-7000-8000-000000000001"  # the test client's subject


async def send(
    tx: AsyncConnection, text: str, *, recipient: str = ME, minutes_ago: int = 0
) -> None:
    """Send a notification of something that happened some minutes ago."""
    happened = now() - timedelta(minutes=minutes_ago)
    await notify(tx, REMINDER.notice(recipient, {"text": text}), occurred_at=happened)


async def test_unread_notifications_are_counted_and_marked_as_read(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    for text in ("a", "b", "c"):
        await send(tx, text)
    await send(tx, "d", recipient="somebody-else")
    assert (await client.get("/notifications/unread")).json() == {"unread": 3}
    items = (await client.get("/notifications")).json()["items"]
    assert [item["message"] for item in items] == ["Reminder: c", "Reminder: b", "Reminder: a"]
    for _ in range(2):
        read = await client.post(f"/notifications/{items[0]['id']}/read")
        assert (read.status_code, read.json()["version"]) == (200, 2)
    unread = (await client.get("/notifications", params={"unread": "true"})).json()["items"]
    assert [item["params"]["text"] for item in unread] == ["b", "a"]
    assert (await client.post("/notifications/read")).json() == {"read": 2}
    assert (await client.get("/notifications/unread")).json() == {"unread": 0}


async def test_the_message_is_in_the_callers_language(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await send(tx, "打电话")
    answer = await client.get("/notifications", headers={"Accept-Language": "zh-CN"})
    assert answer.json()["items"][0]["message"] == "提醒：打电话"


async def test_notifications_of_other_people_answer_404(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await send(tx, "a")
    [mine] = (await client.get("/notifications")).json()["items"]
    other = tokens.bearer(tenant, sub="somebody-else")
    assert (await client.get("/notifications", headers=other)).json()["items"] == []
    answer = await client.post(f"/notifications/{mine['id']}/read", headers=other)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOTIFICATION_NOT_FOUND")


async def test_preferences_list_every_kind(client: AsyncClient) -> None:
    preferences = (await client.get("/notifications/preferences")).json()["in_app"]
    assert preferences == dict.fromkeys(declared_notices(), True)
    body = {"in_app": {"REMINDER": False}}
    changed = (await client.put("/notifications/preferences", json=body)).json()["in_app"]
    assert changed == preferences | {"REMINDER": False}
    assert {"ASSIGNED", "IMPORT_FINISHED", "QUOTE_EXPIRED", "REMINDER"} <= preferences.keys()
    bad = await client.put("/notifications/preferences", json={"in_app": {"NO": 3}})
    assert bad.status_code == 422
    assert codes(bad) == {("/in_app/NO/[key]", "VALUE_UNKNOWN"), ("/in_app/NO", "TYPE_INVALID")}


async def test_created_at_and_occurred_at_differ(client: AsyncClient, tx: AsyncConnection) -> None:
    started_at = now()
    await send(tx, "late", minutes_ago=60)
    [item] = (await client.get("/notifications")).json()["items"]
    assert abs(datetime.fromisoformat(item["created_at"]) - started_at) < timedelta(minutes=1)
    assert datetime.fromisoformat(item["occurred_at"]) < started_at - timedelta(minutes=59)
