"""Edit, delete and restore contacts, and the primary contact of an account."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.contacts.store import contacts
from services.l2o.tests.factories import add_account
from testkit.plugin import Committed, PublishedFacts

Client = httpx.AsyncClient


async def create_contact(client: Client, account_id: object, name: str = "王伟") -> dict[str, Any]:
    answer = await client.post("/contacts", json={"account_id": str(account_id), "name": name})
    assert answer.status_code == 201, answer.text
    contact: dict[str, Any] = answer.json()
    return contact


async def primary_names(client: Client, account_id: object) -> list[str]:
    items = (await client.get("/contacts", params={"account_id": str(account_id)})).json()["items"]
    return [item["name"] for item in items if item["is_primary"]]


async def test_the_first_contact_is_primary_until_another_is_made_so(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    account = await add_account(tx)
    first, second = (
        await create_contact(client, account.id, "甲"),
        await create_contact(client, account.id, "乙"),
    )
    assert (first["is_primary"], second["is_primary"]) == (True, False)
    for _ in range(2):
        answer = await client.post(f"/contacts/{second['id']}/make-primary")
        assert (answer.json()["is_primary"], answer.json()["version"]) == (True, 2)
    assert await primary_names(client, account.id) == ["乙"]
    assert [(event.type.split(".")[2], event.sequence) for event in await published()] == [
        ("created", 1),
        ("created", 1),
        ("changed", 2),
        ("changed", 2),
    ]


async def test_the_oldest_contact_succeeds_a_deleted_primary_one(
    client: Client, tx: AsyncConnection
) -> None:
    account = await add_account(tx)
    first, second, third = [await create_contact(client, account.id, name) for name in "甲乙丙"]
    for _ in range(2):
        assert (await client.delete(f"/contacts/{first['id']}")).status_code == 204
    assert await primary_names(client, account.id) == ["乙"]
    assert (await client.get(f"/contacts/{first['id']}")).status_code == 404
    assert (await client.patch(f"/contacts/{first['id']}", json={})).status_code == 404
    restored = await client.post(f"/contacts/{first['id']}/restore")
    assert restored.json()["is_primary"] is False
    for contact in (first, second, third):
        await client.delete(f"/contacts/{contact['id']}")
    assert await primary_names(client, account.id) == []
    restored = await client.post(f"/contacts/{third['id']}/restore")
    assert restored.json()["is_primary"] is True
    assert (await client.post(f"/contacts/{third['id']}/restore")).json() == restored.json()


async def test_a_contact_of_a_deleted_account_cannot_be_restored(
    client: Client, tx: AsyncConnection
) -> None:
    account = await add_account(tx)
    contact = await create_contact(client, account.id)
    await client.delete(f"/contacts/{contact['id']}")
    await client.delete(f"/accounts/{account.id}")
    answer = await client.post(f"/contacts/{contact['id']}/restore")
    assert (answer.status_code, answer.json()["code"]) == (409, "ACCOUNT_DELETED")


async def test_a_patch_changes_only_the_named_fields(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    account = await add_account(tx)
    contact = await create_contact(client, account.id)
    roles = ["DECISION_MAKER", "BUYER"]
    patch = {"title": "采购总监", "roles": [*roles, "BUYER"], "phone": "13800138000"}
    path = f"/contacts/{contact['id']}"
    changed = (await client.patch(path, json=patch, headers={"If-Match": '"1"'})).json()
    assert (changed["roles"], changed["title"]) == (roles, "采购总监")
    assert (changed["phone"], changed["version"]) == ("+8613800138000", 2)
    assert (await client.patch(path, json={"roles": roles})).json() == changed
    assert (await client.get(path)).json() == changed
    assert (await published())[1].payload["contact"]["roles"] == roles


@pytest.mark.parametrize(
    ("patch", "pointer", "code"),
    [
        ({"name": None}, "/name", "REQUIRED"),
        ({"phone": "1"}, "/phone", "PHONE_INVALID"),
        ({"email": "x"}, "/email", "EMAIL_INVALID"),
        ({"roles": ["boss"]}, "/roles/0", "PATTERN_MISMATCH"),
        ({"roles": ["A"] * 11}, "/roles", "TOO_LONG"),
        ({"roles": "A"}, "/roles", "TYPE_INVALID"),
        ({"is_primary": True}, "/is_primary", "UNKNOWN_FIELD"),
        ({"account_id": "x"}, "/account_id", "UNKNOWN_FIELD"),
    ],
)
async def test_invalid_patches_are_refused(
    client: Client, tx: AsyncConnection, patch: dict[str, Any], pointer: str, code: str
) -> None:
    contact = await create_contact(client, (await add_account(tx)).id)
    answer = await client.patch(f"/contacts/{contact['id']}", json=patch)
    assert answer.status_code == 422, answer.text
    assert (pointer, code) in {(e["pointer"], e["code"]) for e in answer.json()["errors"]}


async def test_concurrent_changes_leave_one_primary_contact(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        account = await add_account(tx)
    created = await asyncio.gather(
        *(create_contact(committed_client, account.id, f"c{n}") for n in range(6))
    )
    assert len(await primary_names(committed_client, account.id)) == 1
    paths = [f"/contacts/{contact['id']}" for contact in created]
    answers = await asyncio.gather(
        *(committed_client.post(f"{path}/make-primary") for path in paths[:4]),
        *(committed_client.delete(path) for path in paths[2:]),
    )
    assert {answer.status_code for answer in answers} <= {200, 204, 404}
    assert len(await primary_names(committed_client, account.id)) == 1
    async with committed.app.begin(tenant) as tx:
        is_primary = contacts.c.is_primary & contacts.c.deleted_at.is_(None)
        assert (await tx.execute(select(func.count()).where(is_primary))).scalar_one() == 1


async def test_a_contact_of_a_deleted_account_cannot_be_changed(
    client: Client, tx: AsyncConnection
) -> None:
    account = await add_account(tx)
    first, second = [await create_contact(client, account.id, name) for name in "甲乙"]
    assert (await client.delete(f"/accounts/{account.id}")).status_code == 204
    for method, path, body in (
        ("PATCH", f"/contacts/{first['id']}", {"title": "总监"}),
        ("POST", f"/contacts/{second['id']}/make-primary", None),
    ):
        answer = await client.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "ACCOUNT_DELETED")
    assert (await client.get(f"/contacts/{first['id']}")).json() == first
    await client.post(f"/accounts/{account.id}/restore")
    changed = await client.patch(f"/contacts/{first['id']}", json={"title": "总监"})
    assert changed.status_code == 200, changed.text
