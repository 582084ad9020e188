"""What is told while somebody listens: all of it, in order, for as long as they are let in."""

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
from services.org.tests.notifications.test_routes import tell
from testkit.directory import Company, sign_in, subject
from testkit.plugin import Committed

PLACE = "/notifications/events"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(routes, "STREAM_SECONDS", 2.0)


class Ear:
    """Listens to a stream, and tells what is to be heard in it."""

    def __init__(self, client: AsyncClient, committed: Committed, tenant: UUID) -> None:
        self._client, self._committed, self._tenant = client, committed, tenant
        self._looked = asyncio.Event()

    async def listen(self, *, after: str | None = None) -> "asyncio.Task[str]":
        task = asyncio.create_task(self._read({} if after is None else {"Last-Event-ID": after}))
        await self.look()
        return task

    def count(self, _c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM notifications" in statement:
            self._looked.set()

    async def look(self) -> None:
        """Until the stream has read all there is now: the second look from here has begun."""
        for _ in range(2):
            self._looked.clear()
            await asyncio.wait_for(self._looked.wait(), 5)

    async def _read(self, headers: dict[str, str]) -> str:
        answer = await self._client.get(PLACE, headers=headers)
        assert answer.headers["content-type"].startswith("text/event-stream")
        return answer.text

    async def tell(self, *texts: str, ago: int = 0) -> None:
        async with self._committed.app.begin(self._tenant) as tx:
            for text in texts:
                await tell(tx, text, ago=ago)


@pytest.fixture
def ear(
    committed_client: AsyncClient, committed: Committed, tenant: UUID, app: FastAPI
) -> Iterator[Ear]:
    made, engine = Ear(committed_client, committed, tenant), app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", made.count)
    yield made
    event.remove(engine, "before_cursor_execute", made.count)


def heard(stream: str) -> list[str]:
    lines = [line for line in stream.splitlines() if line.startswith("data:")]
    return [orjson.loads(line[5:])["params"]["text"] for line in lines]


async def test_a_stream_tells_what_comes_and_nothing_twice(ear: Ear) -> None:
    await ear.tell("before")
    listening = await ear.listen()
    await ear.tell("a")
    await ear.tell("b")
    assert heard(await listening) == ["a", "b"]


async def test_what_happened_long_ago_is_told_when_it_is_heard_of(ear: Ear) -> None:
    listening = await ear.listen()
    await ear.tell("late", ago=60)
    assert heard(await listening) == ["late"]


async def test_no_number_of_them_is_too_much(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "MOST", 4)
    await ear.tell(*(f"before {n}" for n in range(9)))
    listening = await ear.listen()
    first, second = [f"a{n}" for n in range(10)], [f"b{n}" for n in range(8)]
    await ear.tell(*first)
    await ear.look()
    await ear.tell(*second)
    assert heard(await listening) == first + second


async def test_what_is_committed_late_is_told(ear: Ear, committed: Committed, tenant: UUID) -> None:
    """Its id is older than one that was told already."""
    listening = await ear.listen()
    async with committed.app.begin(tenant) as tx:
        await tell(tx, "slow")
        await ear.tell("fast")
        await ear.look()
    assert heard(await listening) == ["fast", "slow"]


async def test_a_broken_stream_goes_on_where_it_was(
    ear: Ear, committed: Committed, tenant: UUID
) -> None:
    """And tells again what may have been committed too late for the one that broke off."""
    listening = await ear.listen()
    async with committed.app.begin(tenant) as tx:
        await tell(tx, "slow")
        await ear.tell("fast")
        stream = await listening
    [last] = [line[4:] for line in stream.splitlines() if line.startswith("id: ")]
    assert heard(stream) == ["fast"]
    await ear.tell("after")
    assert heard(await (await ear.listen(after=last))) == ["slow", "fast", "after"]


async def test_an_id_of_anything_else_begins_no_stream(committed_client: AsyncClient) -> None:
    answer = await committed_client.get(PLACE, headers={"Last-Event-ID": "7"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "last", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]
)
async def test_an_id_of_any_time_begins_one(ear: Ear, last: str) -> None:
    listening = await ear.listen(after=last)
    await ear.tell("a")
    assert heard(await listening)[-1:] == ["a"]


async def test_a_stream_ends_for_who_is_let_in_no_more(
    committed_client: AsyncClient,
    committed: Committed,
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routes, "STREAM_SECONDS", 30)
    li = sign_in(tenant, "li", scope="org.notification.read")
    listening = asyncio.create_task(committed_client.get(PLACE, headers=li))
    await asyncio.sleep(0.2)
    async with committed.app.begin(tenant) as tx:
        await Company(tx).person("li", active=False)
        await tell(tx, "secret", to=subject("li"))
    assert heard((await asyncio.wait_for(listening, 5)).text) == []
    again = await committed_client.get(PLACE, headers=li)
    assert (again.status_code, again.json()["code"]) == (403, "PERSON_INACTIVE")
