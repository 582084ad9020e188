"""External ids and custom fields of people and departments."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from services.org.tests.factories import (
    add_person,
    codes,
    create_department,
    create_role,
    created,
)
from testkit import tokens
from testkit.plugin import PublishedFacts

PERSON = "/people/by-external-id/sap/00042"
DEPARTMENT = "/departments/by-external-id/sap/D/1"


async def test_a_person_is_put_again_and_keeps_roles_and_scopes(
    client: AsyncClient, published: PublishedFacts
) -> None:
    role = await create_role(client, "GUEST", "org.person.read")
    created_body = created(
        await client.put(PERSON, json={"name": "李娜", "phone": "+8613912345678"})
    )
    assert (created_body["username"], created_body["scopes"], created_body["subject"]) == (
        None,
        [],
        created_body["id"],
    )
    path = f"/people/{created_body['id']}"
    await client.patch(path, json={"role_ids": [role["id"]], "scopes": ["mtl.lead.read"]})
    answer = await client.put(PERSON, json={"name": "李娜"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["phone"], answer.json()["role_ids"]) == (None, [role["id"]])
    assert answer.json()["scopes"] == ["mtl.lead.read"]
    count = len(await published())
    assert (await client.put(PERSON, json={"name": "李娜"})).json() == answer.json()
    assert (await client.get(PERSON)).json() == answer.json()
    assert len(await published()) == count
    external_ids = (await client.get(f"{path}/external-ids")).json()["items"]
    assert [(item["system"], item["external_id"]) for item in external_ids] == [("sap", "00042")]


async def test_an_older_source_changes_nothing(client: AsyncClient) -> None:
    late, early = (
        "?source_updated_at=2026-11-22T08:00:00Z",
        "?source_updated_at=2026-11-21T08:00:00Z",
    )
    await client.put(PERSON + late, json={"name": "New"})
    assert (await client.put(PERSON + early, json={"name": "Old"})).json()["name"] == "New"


async def test_a_department_is_put_below_its_parent(client: AsyncClient) -> None:
    top, other = await create_department(client, "A"), await create_department(client, "B")
    body = {"name": "华东", "code": "E", "parent_id": top["id"]}
    created_body = created(await client.put(DEPARTMENT, json=body))
    moved = (await client.put(DEPARTMENT, json={**body, "parent_id": other["id"]})).json()
    assert (moved["id"], moved["parent_id"], moved["version"]) == (
        created_body["id"],
        other["id"],
        2,
    )
    assert len((await client.get(f"/departments/{created_body['id']}/moves")).json()["items"]) == 1
    cycle = await client.put(DEPARTMENT, json={**body, "parent_id": created_body["id"]})
    assert (cycle.status_code, cycle.json()["code"]) == (409, "DEPARTMENT_CYCLE")
    assert (await client.delete(f"/departments/{created_body['id']}")).status_code == 204
    assert (await client.get(DEPARTMENT)).status_code == 404
    recreated = created(await client.put(DEPARTMENT, json=body))
    assert recreated["id"] != created_body["id"]


async def test_parallel_puts_of_one_external_id_create_one_person(
    committed_client: AsyncClient,
) -> None:
    answers = await asyncio.gather(
        *(committed_client.put(PERSON, json={"name": f"P{n}"}) for n in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await committed_client.get("/people")).json()["items"]) == 1


async def test_reading_and_writing_need_their_scopes(client: AsyncClient, tenant: UUID) -> None:
    await client.put(PERSON, json={"name": "A"})
    reader = tokens.bearer(tenant, scope="org.person.read")
    assert (await client.get(PERSON, headers=reader)).status_code == 200
    refused = await client.put(PERSON, json={"name": "B"}, headers=reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (PERSON, {}, {("/name", "REQUIRED")}),
        (PERSON, {"name": "A", "scopes": ["*"]}, {("/scopes", "UNKNOWN_FIELD")}),
        (PERSON, {"name": "A", "role_ids": []}, {("/role_ids", "UNKNOWN_FIELD")}),
        (PERSON, {"name": "A", "password": "x"}, {("/password", "UNKNOWN_FIELD")}),
        (PERSON, {"name": "A", "custom_fields": {"x": 1}}, {("/custom_fields/x", "UNKNOWN_FIELD")}),
        (DEPARTMENT, {"name": "A", "parent_id": "x"}, {("/parent_id", "ID_INVALID")}),
        ("/people/by-external-id/s p/1", {"name": "A"}, {("{system}", "PATTERN_MISMATCH")}),
    ],
)
async def test_invalid_bodies_are_refused(
    client: AsyncClient, path: str, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    answer = await client.put(path, json=body)
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected


async def define_custom_field(client: AsyncClient, resource: str, **more: Any) -> None:
    body = {"resource": resource, "type": "TEXT", "label_zh": "标签", "label_en": "Label", **more}
    created(await client.post("/custom-fields", json=body))


async def test_custom_fields_are_stored_filtered_and_validated(
    client: AsyncClient, published: PublishedFacts
) -> None:
    await define_custom_field(client, "org.person", key="badge", filterable=True)
    await define_custom_field(client, "org.department", key="floor", type="NUMBER", filterable=True)
    ann = await add_person(client, "Ann", custom_fields={"badge": "A-7"})
    assert (await published())[-1].payload["person"]["custom_fields"] == {"badge": "A-7"}
    await add_person(client, "Bob")
    items = (await client.get("/people?custom.badge__startswith=A")).json()["items"]
    assert items == [ann]
    path = f"/people/{ann['id']}"
    changed = (await client.patch(path, json={"custom_fields": {"badge": None}})).json()
    assert (changed["custom_fields"], changed["version"]) == ({}, 2)
    department = await create_department(client, custom_fields={"floor": "3"})
    assert (await published())[-1].payload["department"]["custom_fields"] == {"floor": "3"}
    assert (await client.get("/departments?custom.floor__gte=2")).json()["items"] == [department]
    assert (await client.get("/departments?custom.floor__gt=3")).json()["items"] == []
    invalid_body = {
        "name": "x",
        "manager_id": str(UUID(int=1)),
        "custom_fields": {"badge": 7, "z": "1"},
    }
    refused = codes(await client.post("/people", json=invalid_body))
    assert ("/manager_id", "PERSON_UNKNOWN") in refused
    assert {pointer for pointer, _ in refused} == {
        "/manager_id",
        "/custom_fields/badge",
        "/custom_fields/z",
    }


async def test_a_required_custom_field_is_required_for_new_people_only(client: AsyncClient) -> None:
    old = await add_person(client, "Old")
    await define_custom_field(client, "org.person", key="badge", required=True)
    refused = await client.post("/people", json={"name": "New"})
    assert codes(refused) == {("/custom_fields/badge", "REQUIRED")}
    renamed = await client.patch(f"/people/{old['id']}", json={"name": "Older"})
    assert renamed.status_code == 200, renamed.text
