"""The audit entries of the directory."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.org.tests.factories import (
    add_person,
    create_client,
    create_department,
    create_role,
    created,
    store_tenant,
)
from testkit import tokens


async def audit_entries(client: AsyncClient, path: str) -> list[dict[str, Any]]:
    answer = await client.get(f"{path}/audit")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_audit_entries_show_an_edit_of_a_person_and_their_posts(client: AsyncClient) -> None:
    person, team = await add_person(client, "Ann"), await create_department(client)
    path = f"/people/{person['id']}"
    await client.patch(path, json={"name": "Anna", "posts": [{"department_id": team["id"]}]})
    items = await audit_entries(client, path)
    assert {(entry["verb"], entry["part"]) for entry in items} == {
        ("INSERT", None),
        ("UPDATE", None),
        ("INSERT", "posts"),
    }
    [renamed] = [entry for entry in items if entry["verb"] == "UPDATE"]
    assert renamed["changes"] == [{"field": "name", "from": "Ann", "to": "Anna"}]


async def test_every_directory_resource_has_audit_entries(
    client: AsyncClient, tx: AsyncConnection, tenant: Any
) -> None:
    await store_tenant(tx, tenant)
    records = {
        "departments": await create_department(client),
        "roles": await create_role(client, "GUEST", "org.person.read"),
        "teams": created(await client.post("/teams", json={"name": "A"})),
        "clients": await create_client(client),
    }
    for collection, record in records.items():
        path = f"/{collection}/{record['id']}"
        await client.patch(path, json={"name": "Other"})
        verbs = [entry["verb"] for entry in await audit_entries(client, path)]
        assert verbs == ["UPDATE", "INSERT"], collection
    await client.patch("/tenant", json={"name": "Other"})
    [changed, _] = await audit_entries(client, "/tenant")
    assert changed["changes"] == [{"field": "name", "from": "示例科技", "to": "Other"}]


@pytest.mark.parametrize("collection", ["people", "departments", "roles", "teams", "clients"])
async def test_audit_entries_need_the_read_scope_of_the_record(
    client: AsyncClient, tenant: Any, collection: str
) -> None:
    headers = tokens.bearer(tenant, scope="org.task.read")
    path = "/01990000-0000-7000-8000-000000000001/audit"
    answer = await client.get(f"/{collection}{path}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")
