"""Rights that are withdrawn while their holder uses them, with requests that commit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import now
from chassis.web.commands import Command
from org.people.actions.edit import edit_person
from org.people.domain import Person
from org.principals.actions import lock_tenant_rights
from services.org.tests.factories import PASSWORD, create_person, create_role
from testkit import tokens
from testkit.plugin import Committed

WAITING = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@asynccontextmanager
async def holding_the_lock(committed: Committed, tenant: UUID) -> AsyncIterator[AsyncConnection]:
    """Hold the rights of the tenant, as a command that withdraws them does until it commits."""
    async with committed.app.begin(tenant) as tx:
        await lock_tenant_rights(tx)
        yield tx


async def until_it_waits(committed: Committed) -> None:
    """Return when a request waits for the lock."""
    async with committed.worker.begin(None) as tx:
        while not await tx.scalar(text(WAITING)):
            pass


def without_roles(person: Person) -> Person:
    return replace(person, role_ids=(), scopes=())


@pytest.mark.parametrize("first", ["withdrawal", "grant"])
async def test_who_loses_power_while_granting_it_ends_without(
    committed_client: AsyncClient, tenant: UUID, first: str
) -> None:
    role = await create_role(committed_client, "BOSS", "*")
    for _ in range(5):
        boss = await create_person(committed_client, username=None, password=None, scopes=[])
        path = f"/people/{boss['id']}"
        await committed_client.patch(path, json={"role_ids": [role["id"]]})
        own = tokens.bearer(tenant, sub=boss["id"])
        withdrawal = committed_client.patch(path, json={"role_ids": []})
        grant = committed_client.patch(path, json={"role_ids": [role["id"]]}, headers=own)
        pair = [withdrawal, grant] if first == "withdrawal" else [grant, withdrawal]
        answers = await asyncio.gather(*pair)
        assert {answer.status_code for answer in answers} <= {200, 401, 403}
        assert (await committed_client.get(path)).json()["role_ids"] == []


async def test_a_command_that_waits_sees_the_withdrawal_it_waited_for(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Its token was good when the request came in; the decision falls under the lock."""
    role = await create_role(committed_client, "BOSS", "*")
    boss = await create_person(committed_client, scopes=[], role_ids=[role["id"]])
    own = tokens.bearer(tenant, sub=boss["id"])
    body = {"name": "x", "scopes": ["*"]}
    async with asyncio.TaskGroup() as group, holding_the_lock(committed, tenant) as tx:
        granting = group.create_task(committed_client.post("/clients", json=body, headers=own))
        await until_it_waits(committed)
        await edit_person(Command(tx, now()), UUID(boss["id"]), without_roles)
    answer = granting.result()
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_REVOKED")
    assert (await committed_client.get("/clients")).json()["items"] == []


async def test_a_token_issued_during_a_withdrawal_has_the_remaining_scopes(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Such a token is newer than the revocation, so it must not hold what was withdrawn."""
    person = await create_person(committed_client, scopes=["mtl.lead.read", "mtl.lead.write"])
    form = {"grant_type": "password", "username": "li.na", "password": PASSWORD}
    anonymous = {"Authorization": ""}
    async with asyncio.TaskGroup() as group, holding_the_lock(committed, tenant) as tx:
        issuing = group.create_task(
            committed_client.post("/oauth/token", data=form, headers=anonymous)
        )
        await until_it_waits(committed)
        await edit_person(
            Command(tx, now()),
            UUID(person["id"]),
            lambda one: replace(one, scopes=("mtl.lead.read",)),
        )
    assert issuing.result().json()["scope"] == "mtl.lead.read"
