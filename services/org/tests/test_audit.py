"""The audit entries of the directory."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.org.tests.factories import (
    add_person,
    create_department,
    store_tenant,
)


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


async def test_the_settings_of_the_tenant_are_audited(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await store_tenant(tx, tenant)
    await client.patch("/tenant", json={"name": "Other"})
    [changed, _] = await audit_entries(client, "/tenant")
    assert changed["changes"] == [{"field": "name", "from": "示例科技", "to": "Other"}]
