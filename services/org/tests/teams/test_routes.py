"""The routes of teams."""

from typing import Any

import pytest
from httpx import AsyncClient

from kernel.ids import new_id
from services.org.tests.factories import add_person, codes, created
from testkit import tokens
from testkit.plugin import PublishedFacts


async def create_team(client: AsyncClient, *people: dict[str, Any]) -> dict[str, Any]:
    body = {"name": "项目组", "member_ids": [person["id"] for person in people]}
    return created(await client.post("/teams", json=body))


async def test_a_team_is_created_changed_and_deleted(
    client: AsyncClient, published: PublishedFacts
) -> None:
    a, b, c = [await add_person(client, name) for name in "ABC"]
    team = await create_team(client, b, a, b)
    assert team["member_ids"] == sorted([a["id"], b["id"]])
    path = f"/teams/{team['id']}"
    assert (await client.get(path)).json() == team
    assert (await client.patch(path, json={"member_ids": team["member_ids"]})).json() == team
    changed = (await client.patch(path, json={"member_ids": [c["id"], b["id"]]})).json()
    assert (changed["member_ids"], changed["version"]) == (sorted([b["id"], c["id"]]), 2)
    assert (await client.get(f"/teams?member_id={c['id']}")).json()["items"] == [changed]
    assert (await client.get(f"/teams?member_id={a['id']}")).json()["items"] == []
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    events = [(e.type, e.sequence) for e in (await published())[3:]]
    assert events == [
        ("org.team.created.v1", 1),
        ("org.team.changed.v1", 2),
        ("org.team.deleted.v1", 3),
    ]


async def test_members_must_be_active_people(client: AsyncClient) -> None:
    active, inactive = await add_person(client), await add_person(client)
    team = await create_team(client, active, inactive)
    await client.post(f"/people/{inactive['id']}/deactivate")
    renamed = await client.patch(f"/teams/{team['id']}", json={"name": "新组"})
    assert renamed.json()["member_ids"] == team["member_ids"]
    body = {"name": "B", "member_ids": sorted([active["id"], inactive["id"], str(new_id())])}
    answer = await client.post("/teams", json=body)
    assert answer.status_code == 422
    assert {code for _, code in codes(answer)} == {"PERSON_UNKNOWN", "PERSON_INACTIVE"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("/name", "REQUIRED")}),
        ({"name": " "}, {("/name", "TOO_SHORT")}),
        ({"name": "A", "member_ids": ["x"]}, {("/member_ids/0", "ID_INVALID")}),
        ({"name": "A", "member_ids": None}, {("/member_ids", "TYPE_INVALID")}),
        ({"name": "A", "lead_id": "x"}, {("/lead_id", "UNKNOWN_FIELD")}),
    ],
)
async def test_invalid_teams_are_refused(
    client: AsyncClient, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    answer = await client.post("/teams", json=body)
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected


async def test_people_of_another_tenant_cannot_be_members(client: AsyncClient) -> None:
    person = await add_person(client)
    team = await create_team(client, person)
    other = tokens.bearer(new_id())
    assert (await client.get(f"/teams/{team['id']}", headers=other)).status_code == 404
    body = {"name": "A", "member_ids": [person["id"]]}
    answer = await client.post("/teams", json=body, headers=other)
    assert codes(answer) == {("/member_ids/0", "PERSON_UNKNOWN")}


async def test_a_team_is_read_with_its_members(client: AsyncClient) -> None:
    people = [await add_person(client, name) for name in "AB"]
    team, empty = await create_team(client, *people), await create_team(client)
    path = f"/teams/{team['id']}?expand=members"
    names = {one["id"]: one["name"] for one in people}
    shown = (await client.get(path)).json()["members"]
    assert [(one["id"], one["name"]) for one in shown] == sorted(names.items())
    listed = (await client.get("/teams?expand=members")).json()["items"]
    assert {one["id"]: one["members"] for one in listed} == {team["id"]: shown, empty["id"]: []}
