"""The routes of departments."""

from typing import Any

import pytest
from httpx import AsyncClient

from kernel.ids import new_id
from services.org.tests.factories import add_person, codes, create_department
from testkit import tokens
from testkit.plugin import PublishedFacts


async def list_names(client: AsyncClient, query: str) -> list[str]:
    answer = await client.get(f"/departments{query}")
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def test_subtrees_are_listed(client: AsyncClient) -> None:
    root = await create_department(client, "A")
    east = await create_department(client, "B", parent_id=root["id"], code="EAST")
    await create_department(client, "C", parent_id=east["id"])
    await create_department(client, "D", parent_id=root["id"])
    await create_department(client, "E")
    assert await list_names(client, f"/{root['id']}/subtree") == ["A", "B", "C", "D"]
    assert await list_names(client, f"/{east['id']}/subtree?limit=1") == ["B"]
    assert await list_names(client, f"?sort=name&parent_id={root['id']}") == ["B", "D"]
    assert await list_names(client, "?parent_id__isnull=true&sort=name") == ["A", "E"]
    assert await list_names(client, "?parent_id__isnull=false&code=EAST") == ["B"]
    assert (await client.get(f"/departments/{new_id()}/subtree")).status_code == 404


async def test_a_move_takes_sub_departments_along_and_is_recorded(
    client: AsyncClient, published: PublishedFacts
) -> None:
    east, west = await create_department(client, "E"), await create_department(client, "W")
    team = await create_department(client, "T", parent_id=east["id"])
    await create_department(client, "U", parent_id=team["id"])
    path = f"/departments/{team['id']}"
    body = {"parent_id": west["id"], "reason": "2027"}
    moved = (await client.post(f"{path}/move", json=body)).json()
    assert (moved["parent_id"], moved["version"]) == (west["id"], 2)
    assert await list_names(client, f"/{west['id']}/subtree") == ["T", "U", "W"]
    assert (await client.post(f"{path}/move", json=body)).json() == moved
    other = {**body, "reason": "another"}
    stale = await client.post(f"{path}/move", json=other, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    repeated = await client.post(f"{path}/move", json=other)
    assert (repeated.status_code, repeated.json()["code"]) == (409, "MOVE_MADE_OTHERWISE")
    [move] = (await client.get(f"{path}/moves")).json()["items"]
    assert (move["from_parent_id"], move["to_parent_id"]) == (east["id"], west["id"])
    assert (move["reason"], move["moved_by"]) == ("2027", "01990000-0000-7000-8000-000000000001")
    event = (await published())[-1]
    assert (event.type, event.sequence) == ("org.department.moved.v1", 2)
    assert event.payload["from_parent_id"] == east["id"]
    root = (await client.post(f"{path}/move", json={"parent_id": None})).json()
    assert (root["parent_id"], root["version"]) == (None, 3)
    assert len((await client.get(f"{path}/moves")).json()["items"]) == 2


async def test_a_department_cannot_move_below_itself(
    client: AsyncClient, published: PublishedFacts
) -> None:
    top = await create_department(client, "A")
    middle = await create_department(client, "B", parent_id=top["id"])
    bottom = await create_department(client, "C", parent_id=middle["id"])
    for parent in (top, middle, bottom):
        answer = await client.post(
            f"/departments/{top['id']}/move", json={"parent_id": parent["id"]}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "DEPARTMENT_CYCLE")
    assert len(await published()) == 3


async def test_edits_are_merged_and_no_change_publishes_nothing(
    client: AsyncClient, published: PublishedFacts
) -> None:
    head = await add_person(client)
    department = await create_department(client, code="SALES", manager_id=head["id"])
    path = f"/departments/{department['id']}"
    same = await client.patch(path, json={"code": "SALES"})
    assert same.json() == department
    changed = await client.patch(path, json={"name": "市场部", "manager_id": None})
    assert (changed.json()["name"], changed.json()["manager_id"]) == ("市场部", None)
    assert (changed.json()["code"], changed.json()["version"]) == ("SALES", 2)
    assert changed.headers["ETag"] == '"2"'
    event = (await published())[-1]
    assert (event.type, event.sequence) == ("org.department.changed.v1", 2)


async def test_an_inactive_department_takes_no_people_and_departments(
    client: AsyncClient, published: PublishedFacts
) -> None:
    department = await create_department(client)
    member = await add_person(client, posts=[{"department_id": department["id"]}])
    path = f"/departments/{department['id']}"
    inactive = (await client.post(f"{path}/deactivate")).json()
    assert (inactive["active"], inactive["version"]) == (False, 2)
    assert (await client.post(f"{path}/deactivate")).json() == inactive
    below = await client.post("/departments", json={"name": "B", "parent_id": department["id"]})
    assert codes(below) == {("/parent_id", "DEPARTMENT_INACTIVE")}
    new = await client.post(
        "/people", json={"name": "N", "posts": [{"department_id": department["id"]}]}
    )
    assert codes(new) == {("/posts/0/department_id", "DEPARTMENT_INACTIVE")}
    edited = await client.patch(f"/people/{member['id']}", json={"phone": "+8613912345678"})
    assert edited.status_code == 200, edited.text
    assert (await client.post(f"{path}/reactivate")).json()["active"] is True
    assert [e.type for e in await published()][-1] == "org.department.changed.v1"


async def test_only_an_empty_department_can_be_deleted(
    client: AsyncClient, published: PublishedFacts
) -> None:
    top = await create_department(client, "A")
    bottom = await create_department(client, "B", parent_id=top["id"])
    person = await add_person(client, posts=[{"department_id": bottom["id"]}])
    for used in (top, bottom):
        answer = await client.delete(f"/departments/{used['id']}")
        assert (answer.status_code, answer.json()["code"]) == (409, "DEPARTMENT_IN_USE")
    await client.patch(f"/people/{person['id']}", json={"posts": []})
    assert (await client.delete(f"/departments/{bottom['id']}")).status_code == 204
    assert (await client.get(f"/departments/{bottom['id']}")).status_code == 404
    event = (await published())[-1]
    assert (event.type, event.sequence) == ("org.department.deleted.v1", 2)
    assert (await client.delete(f"/departments/{top['id']}")).status_code == 204


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": " "}, {("/name", "TOO_SHORT")}),
        ({"name": "x" * 201}, {("/name", "TOO_LONG")}),
        ({"name": "a\0"}, {("/name", "TEXT_INVALID")}),
        ({"code": "a b"}, {("/code", "PATTERN_MISMATCH")}),
        ({"parent_id": "7"}, {("/parent_id", "ID_INVALID")}),
        ({"parent_id": str(new_id())}, {("/parent_id", "DEPARTMENT_UNKNOWN")}),
        ({"manager_id": str(new_id())}, {("/manager_id", "PERSON_UNKNOWN")}),
        ({"active": False}, {("/active", "UNKNOWN_FIELD")}),
        (
            {"parent_id": str(new_id()), "manager_id": str(new_id())},
            {("/parent_id", "DEPARTMENT_UNKNOWN"), ("/manager_id", "PERSON_UNKNOWN")},
        ),
    ],
)
async def test_invalid_departments_are_refused(
    client: AsyncClient,
    published: PublishedFacts,
    change: dict[str, Any],
    expected: set[tuple[str, str]],
) -> None:
    answer = await client.post("/departments", json={"name": "A", **change})
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected
    assert await published() == []


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"name": None}, "/name", "REQUIRED"),
        ({"parent_id": None}, "", ""),
        ({"parent_id": str(new_id())}, "/parent_id", "UNKNOWN_FIELD"),
        ({"manager_id": str(new_id())}, "/manager_id", "PERSON_UNKNOWN"),
        ({"version": 3}, "/version", "UNKNOWN_FIELD"),
    ],
)
async def test_invalid_edits_are_refused(
    client: AsyncClient, body: dict[str, Any], pointer: str, code: str
) -> None:
    department = await create_department(client)
    answer = await client.patch(f"/departments/{department['id']}", json=body)
    if not code:  # RFC 7396: removing a missing field changes nothing
        assert answer.status_code == 200
        return
    assert answer.status_code == 422, answer.text
    assert codes(answer) == {(pointer, code)}


async def test_codes_are_unique(client: AsyncClient) -> None:
    await create_department(client, code="A")
    other = await create_department(client, code="B")
    for answer in (
        await client.post("/departments", json={"name": "N", "code": "A"}),
        await client.patch(f"/departments/{other['id']}", json={"code": "A"}),
    ):
        assert answer.status_code == 422
        assert codes(answer) == {("/code", "DEPARTMENT_CODE_TAKEN")}


async def test_an_inactive_person_cannot_become_head(client: AsyncClient) -> None:
    person = await add_person(client)
    await client.post(f"/people/{person['id']}/deactivate")
    answer = await client.post("/departments", json={"name": "A", "manager_id": person["id"]})
    assert codes(answer) == {("/manager_id", "PERSON_INACTIVE")}


async def test_departments_of_another_tenant_answer_404(client: AsyncClient) -> None:
    department = await create_department(client)
    other = tokens.bearer(new_id())
    path = f"/departments/{department['id']}/move"
    answer = await client.post(path, json={"parent_id": None}, headers=other)
    assert (answer.status_code, answer.json()["code"]) == (404, "DEPARTMENT_NOT_FOUND")
    below = await client.post(
        "/departments", json={"name": "A", "parent_id": department["id"]}, headers=other
    )
    assert codes(below) == {("/parent_id", "DEPARTMENT_UNKNOWN")}


async def test_a_deactivation_needs_if_match(client: AsyncClient) -> None:
    path = f"/departments/{(await create_department(client))['id']}/deactivate"
    del client.headers["If-Match"]
    answer = await client.post(path)
    assert (answer.status_code, answer.json()["code"]) == (428, "PRECONDITION_REQUIRED")
