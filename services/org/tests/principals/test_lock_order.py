"""A batch, and a PUT by external id, take the locks of single writes in the same order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from httpx import AsyncClient
from sqlalchemy import Table, select

from chassis.records.external_ids.actions import ExternalId, lock_external_id
from kernel.ids import new_id
from org.clients.store import clients
from org.logins.actions import HASHERS
from org.people.store import people
from org.roles.store import roles
from services.org.tests.factories import PASSWORD, create_person, create_role
from services.org.tests.principals.test_races import holding_the_lock, until_it_waits
from testkit.plugin import Committed

ANONYMOUS = {"Authorization": ""}
Record = dict[str, Any]


async def person(client: AsyncClient) -> Record:
    return await create_person(client, username=None, password=None, scopes=[])


async def role(client: AsyncClient) -> Record:
    return await create_role(client, f"R{new_id().hex[-8:].upper()}", "mtl.lead.read")


async def service_client(client: AsyncClient) -> Record:
    body = {"client_id": f"c{new_id().hex[-8:]}", "name": "金蝶", "scopes": []}
    created: Record = (await client.post("/clients", json=body)).json()
    return created


@pytest.mark.parametrize(
    ("collection", "make", "table"),
    [
        ("people", person, people),
        ("roles", role, roles),
        ("clients", service_client, clients),
    ],
)
async def test_a_batch_locks_rights_before_records(
    committed_client: AsyncClient,
    committed: Committed,
    tenant: UUID,
    collection: str,
    make: Callable[[AsyncClient], Awaitable[Record]],
    table: Table,
) -> None:
    records = [await make(committed_client) for _ in range(2)]
    items = [{"id": one["id"], "version": "*", "patch": {"name": "新名"}} for one in records]
    async with holding_the_lock(committed, tenant) as tx:
        batch = asyncio.create_task(
            committed_client.post(f"/{collection}/batch", json={"items": items})
        )
        await until_it_waits(committed)
        # A single write that holds the rights gets the record, which the batch has not locked.
        row = select(table.c.id).where(table.c.id == UUID(records[0]["id"]))
        assert await tx.scalar(row.with_for_update(nowait=True)) is not None
    answer = await batch
    assert answer.status_code == 207, answer.text
    assert [one["status"] for one in answer.json()["items"]] == [200, 200]


@pytest.mark.parametrize(
    ("collection", "resource", "body"),
    [
        ("people", "org.person", {"name": "李娜"}),
        ("roles", "org.role", {"code": "CHANNEL", "name": "渠道", "scopes": []}),
    ],
)
async def test_a_put_by_external_id_locks_rights_before_the_id(
    committed_client: AsyncClient,
    committed: Committed,
    tenant: UUID,
    collection: str,
    resource: str,
    body: Record,
) -> None:
    path = f"/{collection}/by-external-id/hr/1"
    async with holding_the_lock(committed, tenant) as tx:
        put = asyncio.create_task(committed_client.put(path, json=body))
        await until_it_waits(committed)
        await lock_external_id(tx, ExternalId(resource, "hr", "1"))
    assert (await put).status_code == 201


class CountingHasher(PasswordHasher):
    """Argon2 at the cost of tests, which counts what it has hashed."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.hashed = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.hashed += 1
        return super().hash(password, salt=salt)


async def test_a_batch_hashes_passwords_before_it_locks_rights(
    committed_client: AsyncClient,
    committed: Committed,
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasher = CountingHasher()
    monkeypatch.setitem(HASHERS, "fast", hasher)
    names = [f"user.{new_id().hex[-8:]}" for _ in range(2)]
    items: list[Record] = [
        {"create": {"name": "李娜", "username": n, "password": PASSWORD}} for n in names
    ]
    items += [{"create": {"name": "", "username": "x", "password": 7}}]
    async with holding_the_lock(committed, tenant):
        batch = asyncio.create_task(committed_client.post("/people/batch", json={"items": items}))
        await until_it_waits(committed)
        assert hasher.hashed == 2
    answer = await batch
    assert [one["status"] for one in answer.json()["items"]] == [201, 201, 422], answer.text
    assert hasher.hashed == 2
    for name in names:
        form = {"grant_type": "password", "username": name, "password": PASSWORD}
        token = await committed_client.post("/oauth/token", data=form, headers=ANONYMOUS)
        assert token.status_code == 200, token.text
