"""The stream sends all notifications in order, as long as the person has access."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import event

from org.notifications import routes
from services.org.tests.factories import add_person
from services.org.tests.notifications.test_routes import send
from testkit import tokens
from testkit.plugin import Committed

PATH = "/notifications/events"


@pytest.fixture(autouse=True)
def _short_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(routes, "STREAM_SECONDS", 2.0)


class StreamClient:
    """Connects to the stream and sends notifications meanwhile."""

    def __init__(self, client: AsyncClient, committed: Committed, tenant: UUID) -> None:
        self._client, self._committed, self._tenant = client, committed, tenant
        self._read_seen = asyncio.Event()

    async def connect(self, *, after: str | None = None) -> "asyncio.Task[str]":
        task = asyncio.create_task(self._read({} if after is None else {"Last-Event-ID": after}))
        await self.wait_for_read()
        return task

    def note_read(self, _c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM notifications" in statement:
            self._read_seen.set()

    async def wait_for_read(self) -> None:
        """Wait until the stream has read everything committed so far: its second read has begun."""
        for _ in range(2):
            self._read_seen.clear()
            await asyncio.wait_for(self._read_seen.wait(), 5)

    async def _read(self, headers: dict[str, str]) -> str:
        answer = await self._client.get(PATH, headers=headers)
        assert answer.headers["content-type"].startswith("text/event-stream")
        return answer.text

    async def send(self, *texts: str, minutes_ago: int = 0) -> None:
        async with self._committed.app.begin(self._tenant) as tx:
            for text in texts:
                await send(tx, text, minutes_ago=minutes_ago)


@pytest.fixture
def stream(
    committed_client: AsyncClient, committed: Committed, tenant: UUID, app: FastAPI
) -> Iterator[StreamClient]:
    stream_client, engine = (
        StreamClient(committed_client, committed, tenant),
        app.state.database.engine.sync_engine,
    )
    event.listen(engine, "before_cursor_execute", stream_client.note_read)
    yield stream_client
    event.remove(engine, "before_cursor_execute", stream_client.note_read)


def texts_in(body: str) -> list[str]:
    lines = [line for line in body.splitlines() if line.startswith("data:")]
    return [orjson.loads(line[5:])["params"]["text"] for line in lines]


async def test_a_stream_sends_new_notifications_once(stream: StreamClient) -> None:
    await stream.send("before")
    response = await stream.connect()
    await stream.send("a")
    await stream.send("b")
    assert texts_in(await response) == ["a", "b"]


async def test_a_notification_of_an_old_event_is_sent(stream: StreamClient) -> None:
    response = await stream.connect()
    await stream.send("late", minutes_ago=60)
    assert texts_in(await response) == ["late"]


async def test_more_notifications_than_a_page_are_all_sent(
    stream: StreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "STREAM_PAGE_SIZE", 4)
    await stream.send(*(f"before {n}" for n in range(9)))
    response = await stream.connect()
    first, second = [f"a{n}" for n in range(10)], [f"b{n}" for n in range(8)]
    await stream.send(*first)
    await stream.wait_for_read()
    await stream.send(*second)
    assert texts_in(await response) == first + second


async def test_a_notification_committed_late_is_sent(
    stream: StreamClient, committed: Committed, tenant: UUID
) -> None:
    """Its id is older than that of a notification which was sent already."""
    response = await stream.connect()
    async with committed.app.begin(tenant) as tx:
        await send(tx, "slow")
        await stream.send("fast")
        await stream.wait_for_read()
    assert texts_in(await response) == ["fast", "slow"]


async def test_a_resumed_stream_repeats_what_may_have_been_missed(
    stream: StreamClient, committed: Committed, tenant: UUID
) -> None:
    """It repeats notifications that may have been committed too late for the first stream."""
    response = await stream.connect()
    async with committed.app.begin(tenant) as tx:
        await send(tx, "slow")
        await stream.send("fast")
        body = await response
    [last_id] = [line[4:] for line in body.splitlines() if line.startswith("id: ")]
    assert texts_in(body) == ["fast"]
    await stream.send("after")
    assert texts_in(await (await stream.connect(after=last_id))) == ["slow", "fast", "after"]


async def test_an_invalid_last_event_id_is_refused(committed_client: AsyncClient) -> None:
    answer = await committed_client.get(PATH, headers={"Last-Event-ID": "7"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "last_id", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]
)
async def test_a_last_event_id_of_any_time_is_accepted(stream: StreamClient, last_id: str) -> None:
    response = await stream.connect(after=last_id)
    await stream.send("a")
    assert texts_in(await response)[-1:] == ["a"]


async def test_a_stream_ends_when_the_person_is_deactivated(
    committed_client: AsyncClient,
    committed: Committed,
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routes, "STREAM_SECONDS", 30)
    person = await add_person(committed_client)
    headers = tokens.bearer(tenant, sub=person["id"], scope="org.notification.read")
    response = asyncio.create_task(committed_client.get(PATH, headers=headers))
    await asyncio.sleep(0.2)
    await committed_client.post(f"/people/{person['id']}/deactivate")
    async with committed.app.begin(tenant) as tx:
        await send(tx, "secret", recipient=person["id"])
    assert texts_in((await asyncio.wait_for(response, 5)).text) == []
    again = await committed_client.get(PATH, headers=headers)
    assert (again.status_code, again.json()["code"]) == (403, "PERSON_INACTIVE")
