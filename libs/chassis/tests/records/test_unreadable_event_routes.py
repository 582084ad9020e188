"""Events whose tenant nobody can read: operators list, retry and discard them."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import Faults, Partition, effects_process
from testkit import tokens
from testkit.plugin import Committed
from testkit.tenants import add_tenants

Token = Callable[..., str]
PATH = "/admin/unreadable-events"
GARBAGE = (b"\xff no JSON", b"[1, 2]", b"")


@pytest.fixture
async def unreadable(committed: Committed, tenant: UUID) -> Processor:
    """Three records of no tenant are parked, and one of another tenant that fails."""
    faults, partition, other = Faults(), Partition(tenant), Partition(new_id())
    faults.broken = {"bad"}
    processor = Processor(effects_process(faults), committed.worker)
    records = [partition.append(value) for value in GARBAGE]
    await processor.apply([*records, other.note(new_id(), 1, "bad")])
    return processor


async def items(client: AsyncClient, **query: str) -> list[dict[str, Any]]:
    answer = await client.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_operators_list_and_read_what_has_no_tenant(
    committed_client: AsyncClient, operators: UUID, unreadable: Processor
) -> None:
    listed = await items(committed_client)
    assert [one["topic"] for one in listed] == ["testkit.note.v1"] * 3
    assert {one["reason"] for one in listed} == {"FAILED"}
    counted = await committed_client.get(PATH, params={"count_by": "status", "page": "1"})
    assert (counted.json()["total"], counted.json()["counts"][0]["count"]) == (3, 3)
    lines = await committed_client.get(PATH, headers={"Accept": "application/jsonl"})
    assert [json.loads(line) for line in lines.text.splitlines()] == listed
    detail = await committed_client.get(f"{PATH}/{listed[-1]['id']}")
    assert detail.json()["envelope"] == {"raw_base64": "/yBubyBKU09O"}
    # Their own list of parked events has none of these.
    assert (await committed_client.get("/parked-events")).json()["items"] == []


async def test_an_operator_retries_and_discards_them(
    committed_client: AsyncClient, committed: Committed, operators: UUID, unreadable: Processor
) -> None:
    first, second, _ = await items(committed_client)
    retried = await committed_client.post(f"{PATH}/{first['id']}/redrive", json={"note": "new"})
    assert (retried.status_code, retried.json()["status"]) == (200, "PARKED")
    await Retrier([unreadable.subscription], committed.worker).retry_due()
    body = {"note": "a test message of the broker"}
    discarded = await committed_client.post(f"{PATH}/{second['id']}/skip", json=body)
    assert (discarded.status_code, discarded.json()["status"]) == (200, "SKIPPED")
    assert discarded.json()["resolved_by"] == tokens.CALLER
    assert discarded.json()["note"] == body["note"]
    again = await items(committed_client, status="PARKED")
    assert [(one["id"], one["attempts"]) for one in again[:1]] == [(first["id"], 2)]
    assert len(again) == 2


async def test_nobody_else_sees_them(
    app: FastAPI,
    committed_client: AsyncClient,
    operators: UUID,
    unreadable: Processor,
    token: Token,
) -> None:
    [first, *_] = await items(committed_client)
    other = new_id()
    await add_tenants(app.state.database, other)
    refused = [
        ({"tenant": str(other)}, "OPERATORS_ONLY"),
        ({"scope": "testkit.event.read"}, "SCOPE_MISSING"),
    ]
    for claims, code in refused:
        headers = {"Authorization": f"Bearer {token(**claims)}"}
        for method, path in (("GET", PATH), ("GET", f"{PATH}/{first['id']}")):
            answer = await committed_client.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, code)
        answer = await committed_client.post(
            f"{PATH}/{first['id']}/skip", json={"note": "x"}, headers=headers
        )
        assert (answer.status_code, answer.json()["code"]) == (403, code)


async def test_an_unknown_or_a_tenants_event_is_not_found(
    committed_client: AsyncClient, operators: UUID, unreadable: Processor
) -> None:
    path = f"{PATH}/{new_id()}"
    for answer in (
        await committed_client.get(path),
        await committed_client.post(f"{path}/redrive", json={}),
        await committed_client.post(f"{path}/skip", json={"note": "x"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "PARKED_EVENT_NOT_FOUND")
