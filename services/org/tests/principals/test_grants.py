"""What may be granted: scopes that exist, and for each built-in role a declared set of roles."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from org.roles.actions import sync_built_in_roles
from services.org.tests.factories import NOW, add_person, codes, create_person
from testkit import tokens


@pytest.fixture
async def roles(client: AsyncClient, tx: AsyncConnection) -> dict[str, str]:
    """The ids of the built-in roles by code."""
    await sync_built_in_roles(Command(tx, NOW), ["zh-CN"])
    items = (await client.get("/roles?limit=100")).json()["items"]
    return {role["code"]: role["id"] for role in items}


@pytest.fixture
async def clerk(client: AsyncClient, roles: dict[str, str], tenant: UUID) -> dict[str, str]:
    """The headers of a people administrator, with the scopes of a token of theirs."""
    person = await add_person(client, "人事", role_ids=[roles["PEOPLE_ADMIN"]])
    role = (await client.get(f"/roles/{roles['PEOPLE_ADMIN']}")).json()
    return tokens.bearer(tenant, sub=person["id"], scope=" ".join(role["scopes"]))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("people", {"name": "A"}),
        ("roles", {"name": "A", "code": "MINE"}),
        ("clients", {"name": "A"}),
    ],
)
async def test_unknown_scopes_are_refused_all_at_once(
    client: AsyncClient, path: str, body: dict[str, Any]
) -> None:
    known = ["mtl.*", "mtl.lead.*", "*", "org.role.read"]
    unknown = ["mtl.lead.raed", *known, "sales.*", "mtl.leads.*"]
    answer = await client.post(f"/{path}", json={**body, "scopes": unknown})
    assert codes(answer) == {(f"/scopes/{n}", "SCOPE_UNKNOWN") for n in (0, 5, 6)}
    assert answer.json()["errors"][0]["message"] == "There is no scope mtl.lead.raed."
    accepted = await client.post(f"/{path}", json={**body, "scopes": known})
    assert accepted.status_code == 201, accepted.text
    changed = f"/{path}/{accepted.json()['id']}"
    answer = await client.patch(
        changed, json={"scopes": ["x.y.z"]}, headers={"Accept-Language": "zh-CN"}
    )
    assert codes(answer) == {("/scopes/0", "SCOPE_UNKNOWN")}
    assert answer.json()["errors"][0]["message"] == "权限“x.y.z”不存在。"


async def test_people_administrators_hand_out_the_roles_of_sales_and_finance(
    client: AsyncClient, roles: dict[str, str], clerk: dict[str, str]
) -> None:
    for code in ("SELLER", "SALES_MANAGER", "DIRECTOR", "FINANCE"):
        body = {"name": code, "role_ids": [roles[code]]}
        person = await client.post("/people", json=body, headers=clerk)
        assert person.status_code == 201, person.text
        path = f"/people/{person.json()['id']}"
        invited = await client.post(
            f"{path}/invite", json={"username": code.lower()}, headers=clerk
        )
        assert invited.status_code == 201, invited.text
        reset = await client.post(f"{path}/reset-password", headers=clerk)
        assert reset.status_code == 201, reset.text
        for move in ("deactivate", "reactivate"):
            assert (await client.post(f"{path}/{move}", headers=clerk)).status_code == 200
        taken = await client.patch(path, json={"role_ids": []}, headers=clerk)
        assert (taken.status_code, taken.json()["role_ids"]) == (200, [])


async def test_they_hand_out_neither_administration_nor_single_scopes(
    client: AsyncClient, roles: dict[str, str], clerk: dict[str, str]
) -> None:
    boss = await create_person(client, scopes=[], role_ids=[roles["ADMIN"]])
    path = f"/people/{boss['id']}"
    new = ({"role_ids": [roles["ADMIN"]]}, {"scopes": ["*"]}, {"scopes": ["mtl.lead.read"]})
    attempts = [
        *[await client.post("/people", json={"name": "x", **one}, headers=clerk) for one in new],
        await client.patch(path, json={"role_ids": []}, headers=clerk),
        await client.post(f"{path}/reset-password", headers=clerk),
        await client.post(f"{path}/deactivate", headers=clerk),
        await client.patch(path, json={"subject": "idp|1"}, headers=clerk),
    ]
    assert [(one.status_code, one.json()["code"]) for one in attempts] == [
        (403, "SCOPES_NOT_HELD")
    ] * len(attempts)
    own = {"name": "x", "role_ids": [roles["PEOPLE_ADMIN"]]}  # they hold what it holds
    assert (await client.post("/people", json=own, headers=clerk)).status_code == 201


async def test_nobody_gives_themselves_roles_that_they_only_hand_out(
    client: AsyncClient, roles: dict[str, str], clerk: dict[str, str]
) -> None:
    me = (await client.get("/people?name=人事")).json()["items"][0]
    path = f"/people/{me['id']}"
    wider = {"role_ids": [*me["role_ids"], roles["FINANCE"]]}
    answer = await client.patch(path, json=wider, headers=clerk)
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPES_NOT_HELD")
    assert (await client.patch(path, json=wider)).status_code == 200
    fewer = await client.patch(path, json={"role_ids": []}, headers=clerk)
    assert fewer.status_code == 403, "what was taken from them they could not give back"


async def test_the_scopes_of_the_role_alone_hand_out_nothing(
    client: AsyncClient, roles: dict[str, str], tenant: UUID
) -> None:
    person = await add_person(client, scopes=["org.person.write"])
    headers = tokens.bearer(tenant, sub=person["id"])
    body = {"name": "x", "role_ids": [roles["SELLER"]]}
    answer = await client.post("/people", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPES_NOT_HELD")
