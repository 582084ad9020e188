"""What restoring a role, a department or a team brings back, and when it is refused."""

from uuid import UUID

from httpx import AsyncClient

from services.org.tests.factories import add_person, codes, create_department, create_role
from testkit import tokens


async def test_who_restores_a_role_holds_its_scopes(client: AsyncClient, tenant: UUID) -> None:
    role = await create_role(client, "CHANNEL", "mtl.lead.read", "mtl.lead.write")
    path = f"/roles/{role['id']}"
    assert (await client.delete(path)).status_code == 204
    unknown = await client.post("/people", json={"name": "李娜", "role_ids": [role["id"]]})
    assert codes(unknown) == {("/role_ids/0", "ROLE_UNKNOWN")}
    again = await client.post("/roles", json={"code": "CHANNEL", "name": "渠道", "scopes": []})
    assert codes(again) == {("/code", "ROLE_CODE_OF_DELETED")}
    keeper = await create_role(client, "KEEPER", "org.role.read", "org.role.write", "mtl.lead.read")
    person = await add_person(client, role_ids=[keeper["id"]])
    weaker = tokens.bearer(tenant, sub=person["id"])
    refused = await client.post(f"{path}/restore", headers=weaker)
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPES_NOT_HELD")
    restored = (await client.post(f"{path}/restore")).json()
    assert (restored["scopes"], restored["deleted_at"]) == (role["scopes"], None)
    await add_person(client, "李娜", role_ids=[role["id"]])


async def test_the_code_of_a_role_never_changes(client: AsyncClient) -> None:
    path, body = "/roles/by-external-id/hr/1", {"code": "CHANNEL", "name": "渠道", "scopes": []}
    assert (await client.put(path, json=body)).status_code == 201
    assert codes(await client.put(path, json={**body, "code": "OTHER"})) == {
        ("/code", "ROLE_CODE_FIXED")
    }


async def test_a_department_returns_only_below_its_parent(client: AsyncClient) -> None:
    parent = await create_department(client, "华东")
    child = await create_department(client, "上海", parent_id=parent["id"], code="SH")
    for department in (child, parent):
        assert (await client.delete(f"/departments/{department['id']}")).status_code == 204
    path = f"/departments/{child['id']}/restore"
    assert codes(await client.post(path)) == {("/parent_id", "DEPARTMENT_UNKNOWN")}
    taken = await client.post("/departments", json={"name": "上海", "code": "SH"})
    assert codes(taken) == {("/code", "DEPARTMENT_CODE_OF_DELETED")}
    below = await client.post("/departments", json={"name": "苏州", "parent_id": parent["id"]})
    assert codes(below) == {("/parent_id", "DEPARTMENT_UNKNOWN")}
    assert (await client.post(f"/departments/{parent['id']}/restore")).status_code == 200
    assert (await client.post(path)).json()["parent_id"] == parent["id"]
    subtree = (await client.get(f"/departments/{parent['id']}/subtree")).json()["items"]
    assert {one["id"] for one in subtree} == {parent["id"], child["id"]}


async def test_a_team_returns_with_its_members(client: AsyncClient) -> None:
    person = await add_person(client)
    body = {"name": "项目组", "member_ids": [person["id"]]}
    team = (await client.post("/teams", json=body)).json()
    path = f"/teams/{team['id']}"
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert (await client.get(f"/teams?member_id={person['id']}")).json()["items"] == []
    restored = (await client.post(f"{path}/restore")).json()
    assert restored["member_ids"] == [person["id"]]
