"""The list of tenants offers operators what every list offers."""

import json
from collections.abc import Iterator
from uuid import UUID

import pytest
from fastapi import FastAPI

from services.org.tests.factories import created
from services.org.tests.operators.test_routes import NEW_TENANT, set_operator_tenant
from testkit.plugin import Client


@pytest.fixture(autouse=True)
def _operator_tenant(app: FastAPI, tenant: UUID) -> Iterator[None]:
    set_operator_tenant(app, tenant)
    yield
    set_operator_tenant(app, None)


async def test_tenants_are_counted_searched_and_streamed(committed_client: Client) -> None:
    client = committed_client
    bodies = [{**NEW_TENANT, "name": name} for name in ("甲", "乙", "丙")]
    ids = [created(await client.post("/admin/tenants", json=body))["id"] for body in bodies]
    assert (await client.post(f"/admin/tenants/{ids[0]}/suspend")).status_code == 200
    query = {"id__in": ",".join(ids), "count_by": "status", "page": "1"}
    answer = await client.get("/admin/tenants", params=query)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert [one["id"] for one in page["items"]] == ids[::-1]
    assert page["total"] == 3
    counts = {one["value"]: one["count"] for one in page["counts"]}
    assert (counts["ACTIVE"], counts["SUSPENDED"]) == (2, 1)
    body = {"filter_groups": [{"name": "甲"}, {"name": "丙"}], "sort": "created_at"}
    found = (await client.post("/admin/tenants/search", json=body)).json()["items"]
    assert [one["name"] for one in found] == ["甲", "丙"]
    lines = await client.get(
        "/admin/tenants",
        params={"id__in": ",".join(ids)},
        headers={"Accept": "application/jsonl"},
    )
    assert [json.loads(line) for line in lines.text.splitlines()] == page["items"]
    head = await client.head("/admin/tenants")
    assert (head.status_code, head.content) == (200, b"")
