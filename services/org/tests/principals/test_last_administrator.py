"""A tenant always keeps an active person who holds every scope."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from services.org.tests.factories import add_person, create_role, created
from testkit import tokens

ME = f"/people/{tokens.CALLER}"  # the only administrator of a test's tenant
LAST = (409, "LAST_ADMINISTRATOR")


def refusal(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


async def erase(client: AsyncClient, person_id: str) -> Response:
    return await client.post("/tenant-tasks", json={"kind": "ERASE", "ids": [person_id]})


async def test_the_last_administrator_cannot_step_down(client: AsyncClient) -> None:
    attempts = [
        await client.patch(ME, json={"scopes": []}),
        await client.patch(ME, json={"scopes": ["org.*", "mtl.*"]}),
        await client.post(f"{ME}/deactivate"),
        await erase(client, tokens.CALLER),
    ]
    assert [refusal(each) for each in attempts] == [LAST] * 4
    me = (await client.get(ME)).json()
    assert (me["active"], me["scopes"], me["version"]) == (True, ["*"], 1)


async def test_an_administrator_by_role_counts_while_active(
    client: AsyncClient, tenant: UUID
) -> None:
    role = await create_role(client, "BOSS", "*")
    boss = await add_person(client, role_ids=[role["id"]])
    other = tokens.bearer(tenant, sub=boss["id"])
    assert (await client.patch(ME, json={"scopes": []})).status_code == 200
    path = f"/people/{boss['id']}"
    attempts = [
        await client.patch(path, json={"role_ids": []}, headers=other),
        await client.patch(f"/roles/{role['id']}", json={"scopes": ["org.*"]}, headers=other),
        await client.post(f"{path}/deactivate", headers=other),
        await client.post(
            "/tenant-tasks", json={"kind": "ERASE", "ids": [boss["id"]]}, headers=other
        ),
    ]
    assert [refusal(each) for each in attempts] == [LAST] * 4
    assert (await client.patch(path, json={"name": "李"}, headers=other)).status_code == 200
    inactive = await client.post("/people", json={"name": "x", "scopes": ["*"]}, headers=other)
    assert inactive.status_code == 201
    path = f"/people/{inactive.json()['id']}"
    assert (await client.post(f"{path}/deactivate", headers=other)).status_code == 200
    answer = await client.post(f"/people/{boss['id']}/deactivate", headers=other)
    assert refusal(answer) == LAST


async def test_an_erasure_deactivates_the_person_at_once(client: AsyncClient, tenant: UUID) -> None:
    person = await add_person(client, scopes=["org.person.read"])
    headers = tokens.bearer(tenant, sub=person["id"], scope="org.person.read")
    assert (await client.get("/people", headers=headers)).status_code == 200
    assert (await erase(client, person["id"])).status_code == 202
    assert (await client.get(f"/people/{person['id']}")).json()["active"] is False
    assert (await client.get("/people", headers=headers)).status_code == 403


WAYS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "scopes": ("PATCH", "", {"scopes": []}),
    "deactivate": ("POST", "/deactivate", {}),
}


@pytest.mark.parametrize("how", [("scopes",) * 2, ("deactivate",) * 2, ("scopes", "deactivate")])
async def test_of_two_administrators_who_drop_each_other_one_remains(
    committed_client: AsyncClient, tenant: UUID, how: tuple[str, str]
) -> None:
    client = committed_client
    for _ in range(4):
        me = tokens.bearer(tenant)
        two = [
            created(await client.post("/people", json={"name": n, "scopes": ["*"]}, headers=me))
            for n in "AB"
        ]
        assert (await client.patch(ME, json={"scopes": []}, headers=me)).status_code == 200
        drops = []
        for way, one, other in zip(how, two, two[::-1], strict=True):
            method, move, body = WAYS[way]
            path, own = f"/people/{other['id']}{move}", tokens.bearer(tenant, sub=one["id"])
            drops.append(client.request(method, path, json=body, headers=own))
        statuses = [answer.status_code for answer in await asyncio.gather(*drops)]
        assert sorted(statuses)[0] == 200
        assert sorted(statuses)[1] in (401, 403)
        left = tokens.bearer(tenant, sub=two[statuses.index(200)]["id"])
        back = await client.patch(ME, json={"scopes": ["*"]}, headers=left)
        assert back.status_code == 200, back.text
