"""The route that describes the caller."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.org.tests.factories import store_tenant
from testkit import tokens


async def test_me_describes_a_person_and_the_tenant(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await store_tenant(tx, tenant)
    headers = tokens.bearer(tenant, scope="mtl.lead.write mtl.lead.read", name="李娜", sub="s1")
    answer = await client.get("/me", headers=headers)
    assert answer.status_code == 200, answer.text
    me = answer.json()
    assert (me["subject"], me["kind"], me["name"]) == ("s1", "PERSON", "李娜")
    assert me["scopes"] == ["mtl.lead.read", "mtl.lead.write"]
    assert me["tenant"] == (await client.get("/tenant")).json()


async def test_me_needs_no_scope(client: AsyncClient, tx: AsyncConnection, tenant: UUID) -> None:
    await store_tenant(tx, tenant)
    me = await client.get("/me", headers=tokens.bearer(tenant, scope="", kind="client"))
    assert me.status_code == 200
    assert (me.json()["kind"], me.json()["scopes"]) == ("CLIENT", [])


async def test_me_needs_a_token_and_an_existing_tenant(client: AsyncClient) -> None:
    assert (await client.get("/me", headers={"Authorization": ""})).status_code == 401
    answer = await client.get("/me")
    assert (answer.status_code, answer.json()["code"]) == (404, "TENANT_NOT_FOUND")
