"""Who changed what in the directory."""

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


async def entries(client: AsyncClient, path: str) -> list[dict[str, Any]]:
    answer = await client.get(f"{path}/audit")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_an_edit_of_a_person_and_their_posts(client: AsyncClient) -> None:
    person, team = await add_person(client, "Ann"), await create_department(client)
    path = f"/people/{person['id']}"
    await client.patch(path, json={"name": "Anna", "posts": [{"department_id": team["id"]}]})
    found = await entries(client, path)
    assert {(one["verb"], one["part"]) for one in found} == {
        ("INSERT", None),
        ("UPDATE", None),
        ("INSERT", "posts"),
    }
    [renamed] = [one for one in found if one["verb"] == "UPDATE"]
    assert renamed["changes"] == [{"field": "name", "from": "Ann", "to": "Anna"}]


async def test_everything_in_the_directory_has_its_entries(
    client: AsyncClient, tx: AsyncConnection, tenant: Any
) -> None:
    await store_tenant(tx, tenant)
    made = {
        "departments": await create_department(client),
        "roles": await create_role(client, "GUEST", "org.person.read"),
        "teams": created(await client.post("/teams", json={"name": "A"})),
        "clients": await create_client(client),
    }
    for collection, record in made.items():
        path = f"/{collection}/{record['id']}"
        await client.patch(path, json={"name": "Other"})
        verbs = [one["verb"] for one in await entries(client, path)]
        assert verbs == ["UPDATE", "INSERT"], collection
    await client.patch("/tenant", json={"name": "Other"})
    [change, _] = await entries(client, "/tenant")
    assert change["changes"] == [{"field": "name", "from": "示例科技", "to": "Other"}]


@pytest.mark.parametrize("collection", ["people", "departments", "roles", "teams", "clients"])
async def test_whoever_reads_the_record_reads_its_entries(
    client: AsyncClient, tenant: Any, collection: str
) -> None:
    nobody = tokens.bearer(tenant, scope="org.task.read")
    path = "/01990000-0000-7000-8000-000000000001/audit"
    answer = await client.get(f"/{collection}{path}", headers=nobody)
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")
