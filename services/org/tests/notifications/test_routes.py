import asyncio
from uuid import UUID

import orjson
import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import now
from org.notifications import routes
from org.notifications.actions import notify
from org.notifications.domain import NotificationKind
from testkit import tokens
from testkit.plugin import Committed

ME = "01990000-0000-7000-8000-000000000001"  # the test client's subject
REMINDER = NotificationKind.REMINDER


async def tell(tx: AsyncConnection, text: str, *, to: str = ME) -> None:
    await notify(tx, to, REMINDER, params={"text": text}, now=now())


async def test_unread_ones_are_counted_and_read(client: AsyncClient, tx: AsyncConnection) -> None:
    for text in ("a", "b", "c"):
        await tell(tx, text)
    await tell(tx, "d", to="somebody-else")
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


async def test_the_message_follows_the_language(client: AsyncClient, tx: AsyncConnection) -> None:
    await tell(tx, "打电话")
    answer = await client.get("/notifications", headers={"Accept-Language": "zh-CN"})
    assert answer.json()["items"][0]["message"] == "提醒：打电话"


async def test_nobody_reads_what_others_were_told(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await tell(tx, "a")
    [mine] = (await client.get("/notifications")).json()["items"]
    other = tokens.bearer(tenant, sub="somebody-else")
    assert (await client.get("/notifications", headers=other)).json()["items"] == []
    answer = await client.post(f"/notifications/{mine['id']}/read", headers=other)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOTIFICATION_NOT_FOUND")


async def test_preferences_name_every_kind(client: AsyncClient) -> None:
    told = (await client.get("/notifications/preferences")).json()["in_app"]
    assert told == dict.fromkeys(NotificationKind, True)
    body = {"in_app": {"REMINDER": False}}
    changed = (await client.put("/notifications/preferences", json=body)).json()["in_app"]
    assert changed == told | {"REMINDER": False}
    bad = await client.put("/notifications/preferences", json={"in_app": {"NO": 3}})
    assert bad.status_code == 422


async def test_a_stream_tells_what_comes_and_nothing_twice(
    committed_client: AsyncClient,
    committed: Committed,
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routes, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(routes, "STREAM_SECONDS", 0.6)
    async with committed.app.begin(tenant) as tx:
        await tell(tx, "before")
    reading = asyncio.create_task(committed_client.get("/notifications/events"))
    await asyncio.sleep(0.15)
    for text in ("a", "b"):
        async with committed.app.begin(tenant) as tx:
            await tell(tx, text)
    answer = await reading
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in answer.text.splitlines() if line.startswith("data:")]
    assert [orjson.loads(line[5:])["params"]["text"] for line in lines] == ["a", "b"]
    last = next(line[4:] for line in answer.text.splitlines() if line.startswith("id: "))
    again = await committed_client.get("/notifications/events", headers={"Last-Event-ID": last})
    assert [line for line in again.text.splitlines() if '"text":"b"' in line]
    assert not [line for line in again.text.splitlines() if '"before"' in line]
