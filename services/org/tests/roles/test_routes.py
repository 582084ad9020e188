"""The routes of roles, and the built-in roles."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from pydantic import TypeAdapter
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from kernel.ids import new_id
from org.logins.schemas import Scope
from org.roles.actions import sync_built_in_roles
from org.roles.domain.built_in import BUILT_IN_ROLES
from org.roles.store import roles
from services.org.tests.factories import NOW, add_person, codes, create_role
from testkit import tokens
from testkit.plugin import PublishedFacts


async def test_a_role_is_created_changed_and_deleted(
    client: AsyncClient, published: PublishedFacts
) -> None:
    role = await create_role(client, "CHANNEL", "mtl.lead.write", "mtl.lead.read")
    assert (role["scopes"], role["built_in"]) == (["mtl.lead.read", "mtl.lead.write"], False)
    path = f"/roles/{role['id']}"
    assert (await client.patch(path, json={"name": role["name"]})).json() == role
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


async def test_an_assigned_role_cannot_be_deleted(client: AsyncClient) -> None:
    role = await create_role(client, "CHANNEL", "mtl.lead.read")
    person = await add_person(client, role_ids=[role["id"]])
    answer = await client.delete(f"/roles/{role['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "ROLE_IN_USE")
    await client.patch(f"/people/{person['id']}", json={"role_ids": []})
    assert (await client.delete(f"/roles/{role['id']}")).status_code == 204


async def test_built_in_roles_are_created_once_and_follow_the_release(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    assert await sync_built_in_roles(Command(tx, NOW), ["zh-CN"]) == len(BUILT_IN_ROLES)
    assert await sync_built_in_roles(Command(tx, NOW), ["zh-CN"]) == 0
    await tx.execute(update(roles).where(roles.c.code == "SELLER").values(scopes=["mtl.lead.read"]))
    await tx.execute(delete(roles).where(roles.c.code == "FINANCE"))
    assert await sync_built_in_roles(Command(tx, NOW), ["zh-CN"]) == 2
    items = (await client.get("/roles?built_in=true")).json()["items"]
    assert {i["code"]: tuple(i["scopes"]) for i in items} == {
        r.code: r.scopes for r in BUILT_IN_ROLES
    }
    assert len(await published()) == len(BUILT_IN_ROLES) + 2
    for answer in (
        await client.patch(f"/roles/{items[0]['id']}", json={"name": "X"}),
        await client.delete(f"/roles/{items[0]['id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "ROLE_BUILT_IN")


def test_the_scopes_of_built_in_roles_are_valid() -> None:
    scopes = TypeAdapter(list[Scope])
    for role in BUILT_IN_ROLES:
        assert scopes.validate_python(list(role.scopes)) == sorted(set(role.scopes))
        assert role.code == "ADMIN" or "*" not in "".join(role.scopes)


async def test_an_own_role_with_a_built_in_code_stays_unchanged(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    """A tenant's own role stays as it is when a later release adds a built-in role of its code."""
    own = await create_role(client, "FINANCE", "mtl.lead.read")
    assert await sync_built_in_roles(Command(tx, NOW), ["zh-CN"]) == len(BUILT_IN_ROLES) - 1
    assert (await client.get(f"/roles/{own['id']}")).json() == own


async def test_callers_can_add_only_their_own_scopes_to_a_role(
    client: AsyncClient, tenant: UUID
) -> None:
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
    narrowed = await client.patch(
        f"/roles/{role['id']}", json={"scopes": ["mtl.lead.write"]}, headers=limited
    )
    assert narrowed.json()["scopes"] == ["mtl.lead.write"]


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
async def test_invalid_roles_are_refused(
    client: AsyncClient, change: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    answer = await client.post("/roles", json={"code": "GOOD", "name": "G", **change})
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected


async def test_codes_are_unique_within_a_tenant(client: AsyncClient) -> None:
    role = await create_role(client, "CHANNEL")
    again = await client.post("/roles", json={"code": "CHANNEL", "name": "N"})
    assert codes(again) == {("/code", "ROLE_CODE_TAKEN")}
    other = tokens.bearer(new_id())
    assert (await client.get(f"/roles/{role['id']}", headers=other)).status_code == 404
    accepted = await client.post("/roles", json={"code": "CHANNEL", "name": "N"}, headers=other)
    assert accepted.status_code == 201
    reader = tokens.bearer(new_id(), scope="org.role.read")
    assert (await client.post("/roles", json={}, headers=reader)).status_code == 403


async def test_built_in_roles_are_named_in_the_first_language_of_the_tenant(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await sync_built_in_roles(Command(tx, NOW), ["en-US", "zh-CN"])
    items = (await client.get("/roles?code=SALES_MANAGER")).json()["items"]
    assert [one["name"] for one in items] == ["Sales manager"]
