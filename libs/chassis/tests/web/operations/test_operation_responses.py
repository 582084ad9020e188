"""Tests of operations over HTTP: 200 or 202, the problem of a failure, 404 for other callers."""

import asyncio
import json
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI, routing
from httpx import AsyncClient
from sqlalchemy import event
from structlog.testing import capture_logs

from chassis.database.engine import Database
from chassis.web.operations.store import fail_operation, get_operation, start_operation
from chassis.web.operations.waiter import OperationWaiter
from kernel.errors import NotFound
from kernel.ids import new_id
from libs.chassis.tests.web.operations.conftest import End
from testkit import tokens
from testkit.plugin import Committed
from testkit.tenants import add_tenants


def now() -> float:
    return asyncio.get_running_loop().time()


async def wait_until_committed(committed: Committed, tenant: UUID, key: UUID) -> None:
    """Return once another connection sees the operation, so that its request has committed."""
    async with asyncio.timeout(5):
        while True:
            async with committed.app.begin(tenant) as tx:
                try:
                    await get_operation(tx, key)
                except NotFound:
                    await asyncio.sleep(0.005)
                else:
                    return


async def test_an_operation_that_ends_within_the_wait_is_answered_200(
    http: AsyncClient, application: FastAPI, committed: Committed, tenant: UUID, finish: End
) -> None:
    application.state.operation_waiter.budget = 10  # the machine may be busy
    key = new_id()
    request_task = asyncio.create_task(http.post(f"/conversions/{key}"))
    await wait_until_committed(committed, tenant, key)
    assert not request_task.done()
    await asyncio.sleep(0.1)
    await finish(key)
    ended = now()
    answer = await request_task
    assert now() - ended < 1
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["id"], body["status"], body["kind"]) == (str(key), "SUCCEEDED", "note.convert")
    assert body["result"] == {"account_id": str(key)}
    assert answer.headers["x-marked"] == "by others"
    assert not {"location", "retry-after"} & set(answer.headers)
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_a_running_operation_is_answered_202(http: AsyncClient, finish: End) -> None:
    key, began = new_id(), now()
    answer = await http.post(f"/conversions/{key}")
    assert 0.75 < now() - began < 5
    assert (answer.status_code, answer.json()["status"]) == (202, "RUNNING")
    assert answer.headers["retry-after"] == "1"
    location = answer.headers["location"]
    assert location == f"/testkit/v1/operations/{key}"
    running = await http.get(f"http://test{location}")
    assert (running.status_code, running.headers["retry-after"]) == (200, "1")
    assert running.json() == answer.json()
    await finish(key)
    ended = await http.get(f"http://test{location}")
    assert (ended.json()["status"], "retry-after" in ended.headers) == ("SUCCEEDED", False)


async def test_a_failed_operation_is_answered_as_its_problem(
    http: AsyncClient, application: FastAPI, committed: Committed, tenant: UUID
) -> None:
    application.state.operation_waiter.budget = 10
    key = new_id()
    request_task = asyncio.create_task(http.post(f"/conversions/{key}"))
    await wait_until_committed(committed, tenant, key)
    async with committed.worker.begin(tenant) as tx:
        await fail_operation(tx, key, {"code": "ACCOUNT_CLOSED", "params": {"name": "Acme"}})
    answer = await request_task
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-marked"] == "by others"
    expected = {"code": "ACCOUNT_CLOSED", "detail": "The account Acme is closed."}
    assert answer.json() | expected == answer.json()
    polled = await http.get(f"/operations/{key}", headers={"Accept-Language": "zh-CN"})
    assert (polled.status_code, polled.json()["status"]) == (200, "FAILED")
    problem = polled.json()["problem"]
    assert (problem["code"], problem["detail"]) == ("ACCOUNT_CLOSED", "客户 Acme 已停用。")


async def test_another_tenants_operation_is_404(
    http: AsyncClient, application: FastAPI, committed: Committed
) -> None:
    key, other = new_id(), new_id()
    await add_tenants(committed.app, other)
    application.state.operation_waiter.budget = 0.0
    assert (await http.post(f"/conversions/{key}")).status_code == 202
    stranger = tokens.bearer(other)
    for location in (f"/operations/{key}", f"/operations/{key}/events"):
        answer = await http.get(location, headers=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "OPERATION_NOT_FOUND")
        assert (await http.get(location, headers={"Authorization": ""})).status_code == 401
        assert (await http.get(location, headers=tokens.bearer(new_id(), exp=1))).status_code == 401
    for unknown in (f"/operations/{new_id()}", f"/operations/{new_id()}/events"):
        assert (await http.get(unknown)).status_code == 404
    assert (await http.get("/operations/7")).status_code == 422


async def test_an_operation_is_visible_to_its_creator_and_event_admins(
    http: AsyncClient, application: FastAPI, tenant: UUID
) -> None:
    key, other = new_id(), str(new_id())
    application.state.operation_waiter.budget = 0.0
    assert (await http.post(f"/conversions/{key}")).status_code == 202
    location = f"/operations/{key}"
    for claims, status in (
        ({"scope": ""}, 200),
        ({"sub": other, "scope": "testkit.note.read mtl.event.admin"}, 404),
        ({"sub": other, "scope": "testkit.event.admin"}, 200),
    ):
        answer = await http.get(location, headers=tokens.bearer(tenant, **claims))
        assert answer.status_code == status
    stranger = tokens.bearer(tenant, sub=other, scope="testkit.note.read")
    streamed = await http.get(f"{location}/events", headers=stranger)
    assert (streamed.status_code, streamed.json()["code"]) == (404, "OPERATION_NOT_FOUND")


async def test_a_hundred_waits_share_one_poll(
    http: AsyncClient, application: FastAPI, committed: Committed, tenant: UUID, finish: End
) -> None:
    counted: Counter[str] = Counter()
    database: Database = application.state.database
    most_connections = 0

    @event.listens_for(database.engine.sync_engine, "before_cursor_execute")
    def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal most_connections
        counted["polls"] += statement.startswith("SELECT operations.")
        most_connections = max(most_connections, database.engine.pool.checkedout())  # type: ignore[attr-defined]

    waiter: OperationWaiter = application.state.operation_waiter
    keys = [new_id() for _ in range(100)]
    async with committed.app.begin(tenant) as tx:
        for key in keys:
            await start_operation(tx, key, "note.convert", {})
    began = now()
    request_task = [asyncio.create_task(waiter.wait_for_end(tenant, key, within=5)) for key in keys]
    await asyncio.sleep(0.5)
    for key in keys[:50]:
        await finish(key)
    async with committed.worker.begin(tenant) as tx:
        for key in keys[50:]:
            await fail_operation(tx, key, {"code": "ACCOUNT_CLOSED"})
    ended = await asyncio.gather(*request_task)
    assert [operation.id for operation in ended if operation] == keys
    assert 5 < counted["polls"] <= (now() - began) / 0.015 + 2
    assert most_connections == 1
    await asyncio.sleep(0.1)
    before = counted["polls"]
    await asyncio.sleep(0.2)
    assert counted["polls"] == before  # no waits, no polls


async def test_a_long_wait_is_polled_less_often(committed: Committed, tenant: UUID) -> None:
    polls = 0

    @event.listens_for(committed.app.engine.sync_engine, "before_cursor_execute")
    def count(*_: Any) -> None:
        nonlocal polls
        polls += 1

    waiter = OperationWaiter(committed.app)
    assert await waiter.wait_for_end(tenant, new_id(), within=0.5) is None
    event.remove(committed.app.engine.sync_engine, "before_cursor_execute", count)
    assert polls > 8
    event.listen(committed.app.engine.sync_engine, "before_cursor_execute", count)
    long = asyncio.create_task(waiter.wait_for_end(tenant, new_id(), within=2.0))
    await asyncio.sleep(1.2)
    polls = 0
    assert await long is None
    event.remove(committed.app.engine.sync_engine, "before_cursor_execute", count)
    assert polls <= 5
    waiter.close()


async def test_closing_ends_every_wait(committed: Committed, tenant: UUID) -> None:
    waiter = OperationWaiter(committed.app)
    request_task = asyncio.create_task(waiter.wait_for_end(tenant, new_id(), within=30))
    await asyncio.sleep(0.05)
    waiter.close()
    assert await asyncio.wait_for(request_task, 1) is None
    assert await waiter.wait_for_end(tenant, new_id(), within=30) is None


async def test_a_wait_survives_a_lost_database(committed: Committed, tenant: UUID) -> None:
    nowhere = Database("postgresql+asyncpg://nobody:x@127.0.0.1:1/nothing", name="nowhere")
    waiter = OperationWaiter(nowhere)
    with capture_logs() as lines:
        assert await waiter.wait_for_end(tenant, new_id(), within=0.2) is None
    assert {line["event"] for line in lines} == {"operations_not_seen"}
    waiter.close()
    await nowhere.dispose()


def events_of(stream: str) -> list[dict[str, Any]]:
    blocks = [block.splitlines() for block in stream.strip().split("\n\n")]
    return [
        json.loads(line.removeprefix("data: "))
        for block in blocks
        for line in block
        if line.startswith("data: ")
    ]


async def test_a_stream_ends_with_the_operation(
    http: AsyncClient, application: FastAPI, finish: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "_PING_INTERVAL", 0.05)
    application.state.operation_waiter.budget = 0.0
    key = new_id()
    await http.post(f"/conversions/{key}")
    streaming = asyncio.create_task(http.get(f"/operations/{key}/events"))
    await asyncio.sleep(0.3)
    assert not streaming.done()
    assert application.state.database.engine.pool.checkedout() <= 1
    await finish(key)
    answer = await asyncio.wait_for(streaming, 2)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [sent["status"] for sent in events_of(answer.text)] == ["RUNNING", "SUCCEEDED"]
    assert answer.text.startswith("event: operation\n")
    assert ": ping" in answer.text
    again = await http.get(f"/operations/{key}/events")
    assert [sent["status"] for sent in events_of(again.text)] == ["SUCCEEDED"]


async def test_a_disconnected_client_ends_its_wait(
    application: FastAPI, http: AsyncClient, tenant: UUID
) -> None:
    waiter: OperationWaiter = application.state.operation_waiter
    waiter.budget = 0.0
    key = new_id()
    await http.post(f"/conversions/{key}")
    path = f"/testkit/v1/operations/{key}/events"
    headers = [(n.lower().encode(), v.encode()) for n, v in tokens.bearer(tenant).items()]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
    }
    received, disconnected = asyncio.Event(), asyncio.Event()
    sent: list[bytes] = []

    async def receive() -> dict[str, Any]:
        if not received.is_set():
            received.set()
            return {"type": "http.request", "body": b"", "more_body": False}
        await disconnected.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    request = asyncio.create_task(application(scope, receive, send))
    await asyncio.sleep(0.2)
    assert b"RUNNING" in b"".join(sent)
    assert len(waiter._waits) == 1
    disconnected.set()
    await asyncio.wait_for(request, 2)
    assert len(waiter._waits) == 0


def test_openapi_documents_200_and_202(application: FastAPI) -> None:
    paths = application.openapi()["paths"]
    convert = paths["/testkit/v1/conversions/{operation_id}"]["post"]["responses"]
    for status in ("200", "202"):
        schema = convert[status]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/OperationOut"}
    assert set(convert["202"]["headers"]) == {"Location", "Retry-After"}
    operation = paths["/testkit/v1/operations/{operation_id}"]["get"]
    assert operation["operationId"] == "operation_get"
    stream = paths["/testkit/v1/operations/{operation_id}/events"]["get"]
    assert "text/event-stream" in stream["responses"]["200"]["content"]
