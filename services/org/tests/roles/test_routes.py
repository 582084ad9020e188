from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from pydantic import TypeAdapter
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from org.logins.schemas import Scope
from org.roles.actions import plant_roles
from org.roles.domain import BUILT_IN
from org.roles.store import roles
from services.org.tests.factories import NOW, add_person, codes, create_role
from testkit import tokens
from testkit.plugin import PublishedFacts


async def test_a_role_is_made_changed_and_deleted(
    client: AsyncClient, published: PublishedFacts
) -> None:
    made = await create_role(client, "CHANNEL", "mtl.lead.write", "mtl.lead.read")
    assert (made["scopes"], made["built_in"]) == (["mtl.lead.read", "mtl.lead.write"], False)
    path = f"/roles/{made['id']}"
    assert (await client.patch(path, json={"name": made["name"]})).json() == made
    changed = (await client.patch(path, json={"scopes": ["mtl.lead.read"]})).json()
    assert (changed["scopes"], changed["version"]) == (["mtl.lead.read"], 2)
    assert (await client.get("/roles?code=CHANNEL")).json()["items"] == [changed]
    assert (await client.delete(path, headers={"If-Match": '"1"'})).status_code == 412
    assert (await client.delete(path)).status_code == 204
    assert [(e.type, e.sequence) for e in await published()] == [
        ("org.role.created.v1", 1),
        ("org.role.changed.v1", 2),
        ("org.role.deleted.v1", 3),
    ]


async def test_a_role_somebody_has_stays(client: AsyncClient) -> None:
    role = await create_role(client, "CHANNEL", "mtl.lead.read")
    person = await add_person(client, role_ids=[role["id"]])
    answer = await client.delete(f"/roles/{role['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "ROLE_IN_USE")
    await client.patch(f"/people/{person['id']}", json={"role_ids": []})
    assert (await client.delete(f"/roles/{role['id']}")).status_code == 204


async def test_the_built_in_ones_come_once_and_follow_the_release(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    assert await plant_roles(tx, now=NOW) == len(BUILT_IN)
    assert await plant_roles(tx, now=NOW) == 0
    await tx.execute(update(roles).where(roles.c.code == "SELLER").values(scopes=["mtl.lead.read"]))
    await tx.execute(delete(roles).where(roles.c.code == "FINANCE"))
    assert await plant_roles(tx, now=NOW) == 2
    items = (await client.get("/roles?built_in=true")).json()["items"]
    assert {i["code"]: tuple(i["scopes"]) for i in items} == {r.code: r.scopes for r in BUILT_IN}
    assert len(await published()) == len(BUILT_IN) + 2
    for answer in (
        await client.patch(f"/roles/{items[0]['id']}", json={"name": "X"}),
        await client.delete(f"/roles/{items[0]['id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "ROLE_BUILT_IN")


def test_the_scopes_of_built_in_roles_are_scopes() -> None:
    scopes = TypeAdapter(list[Scope])
    for role in BUILT_IN:
        assert scopes.validate_python(list(role.scopes)) == sorted(set(role.scopes))
        assert role.code == "ADMIN" or "*" not in "".join(role.scopes)


async def test_a_code_of_ones_own_is_not_taken_over(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    """An own role under a code that a later release brings stays the tenant's own."""
    own = await create_role(client, "FINANCE", "mtl.lead.read")
    assert await plant_roles(tx, now=NOW) == len(BUILT_IN) - 1
    assert (await client.get(f"/roles/{own['id']}")).json() == own


async def test_nobody_puts_in_what_he_lacks(client: AsyncClient, tenant: UUID) -> None:
    role = await create_role(client, "CHANNEL", "mtl.lead.read", "rms.order.read")
    limited = tokens.bearer(tenant, scope="org.role.write mtl.*")
    body = {"code": "X_1", "name": "X", "scopes": ["rms.order.read"]}
    for answer in (
        await client.post("/roles", json=body, headers=limited),
        await client.patch(
            f"/roles/{role['id']}",
            json={"scopes": ["mtl.lead.read", "cpq.quote.read"]},
            headers=limited,
        ),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "SCOPES_NOT_HELD")
    less = await client.patch(
        f"/roles/{role['id']}", json={"scopes": ["mtl.lead.write"]}, headers=limited
    )
    assert less.json()["scopes"] == ["mtl.lead.write"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"code": "lower"}, {("/code", "PATTERN_MISMATCH")}),
        ({"code": "X"}, {("/code", "PATTERN_MISMATCH")}),
        ({"code": None}, {("/code", "TYPE_INVALID")}),
        ({"name": ""}, {("/name", "TOO_SHORT")}),
        ({"scopes": ["everything"]}, {("/scopes/0", "PATTERN_MISMATCH")}),
        ({"built_in": True}, {("/built_in", "UNKNOWN_FIELD")}),
    ],
)
async def test_bad_roles(
    client: AsyncClient, change: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    answer = await client.post("/roles", json={"code": "GOOD", "name": "G", **change})
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected


async def test_a_code_is_one_roles_and_tenants_are_apart(client: AsyncClient) -> None:
    made = await create_role(client, "CHANNEL")
    again = await client.post("/roles", json={"code": "CHANNEL", "name": "N"})
    assert codes(again) == {("/code", "ROLE_CODE_TAKEN")}
    other = tokens.bearer(new_id())
    assert (await client.get(f"/roles/{made['id']}", headers=other)).status_code == 404
    fine = await client.post("/roles", json={"code": "CHANNEL", "name": "N"}, headers=other)
    assert fine.status_code == 201
    reader = tokens.bearer(new_id(), scope="org.role.read")
    assert (await client.post("/roles", json={}, headers=reader)).status_code == 403
