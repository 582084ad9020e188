"""The routes of tasks."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.org.tests.factories import codes, created, store_tenant
from testkit import tokens


@pytest.fixture(autouse=True)
async def _stored_tenant(tx: AsyncConnection, tenant: UUID) -> None:
    await store_tenant(tx, tenant)


async def create_task(client: AsyncClient, **changes: Any) -> dict[str, Any]:
    return created(await client.post("/tasks", json={"title": "回访王芳", **changes}))


async def test_an_own_task_is_edited_completed_and_reopened(client: AsyncClient) -> None:
    task = await create_task(client, due_date="2026-12-01")
    assert (task["kind"], task["title"], task["state"]) == ("OWN", "回访王芳", "OPEN")
    patch = {"due_date": None, "title": "回访李明"}
    edited = await client.patch(f"/tasks/{task['id']}", json=patch)
    assert (edited.json()["due_date"], edited.json()["title"]) == (None, "回访李明")
    assert edited.json()["version"] == 2
    for _ in range(2):
        done = await client.post(f"/tasks/{task['id']}/complete")
        assert (done.json()["state"], done.json()["version"]) == ("DONE", 3)
    refused = await client.post(f"/tasks/{task['id']}/dismiss")
    assert (refused.status_code, refused.json()["code"]) == (409, "TASK_MOVE_FORBIDDEN")
    reopened = await client.post(f"/tasks/{task['id']}/reopen")
    assert reopened.json()["state"] == "OPEN"


async def test_the_list_marks_and_filters_overdue_tasks(client: AsyncClient) -> None:
    late = await create_task(client, title="早该做了", due_date="2020-01-01")
    await create_task(client, title="不急", due_date="2099-01-01")
    done = await create_task(client, title="做完了", due_date="2020-01-01")
    await client.post(f"/tasks/{done['id']}/complete")
    items = (await client.get("/tasks", params={"overdue": "true"})).json()["items"]
    assert [(item["id"], item["overdue"]) for item in items] == [(late["id"], True)]
    open_ones = (await client.get("/tasks", params={"state": "OPEN"})).json()["items"]
    assert [item["title"] for item in open_ones] == ["不急", "早该做了"]


async def test_tasks_of_other_people_answer_404(client: AsyncClient, tenant: UUID) -> None:
    task = await create_task(client)
    other = tokens.bearer(tenant, sub="somebody-else")
    for answer in (
        await client.get(f"/tasks/{task['id']}", headers=other),
        await client.patch(f"/tasks/{task['id']}", json={"title": "x"}, headers=other),
        await client.post(f"/tasks/{task['id']}/complete", headers=other),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "TASK_NOT_FOUND")
    assert (await client.get("/tasks", headers=other)).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("/title", "REQUIRED")}),
        ({"title": " "}, {("/title", "TOO_SHORT")}),
        ({"title": "x" * 201}, {("/title", "TOO_LONG")}),
        (
            {"title": 1, "due_date": "x"},
            {("/title", "TYPE_INVALID"), ("/due_date", "DATE_INVALID")},
        ),
        ({"title": "x", "kind": "WORK_LEAD"}, {("/kind", "UNKNOWN_FIELD")}),
        ({"title": "x", "resource": "L2O"}, {("/resource", "PATTERN_MISMATCH")}),
        ({"title": "x", "resource": "foo.bar"}, {("/resource", "RESOURCE_UNKNOWN")}),
        ({"title": "x", "record_id": "1"}, {("/record_id", "ID_INVALID")}),
    ],
)
async def test_invalid_tasks_are_refused(
    client: AsyncClient, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    answer = await client.post("/tasks", json=body)
    assert answer.status_code == 422
    assert codes(answer) == expected
