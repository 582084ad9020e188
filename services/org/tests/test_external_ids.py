"""External ids and custom fields of people and departments."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from services.org.tests.factories import (
    codes,
    create_department,
    create_role,
    created,
)
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
    restored = (await client.put(DEPARTMENT, json=body)).json()
    assert (restored["id"], restored["deleted_at"]) == (created_body["id"], None)


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


async def test_violations_of_custom_fields_are_reported_with_all_others(
    client: AsyncClient,
) -> None:
    await define_custom_field(client, "org.person", key="badge", filterable=True)
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
