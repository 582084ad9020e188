"""A client's edits and moves, over really committing transactions: tokens are asked for."""

from uuid import UUID

import pytest
from httpx import AsyncClient

from services.org.tests.factories import codes, create_client
from testkit import tokens
from testkit.plugin import Client, PublishedFacts

FORM = {"grant_type": "client_credentials"}


async def status(client: AsyncClient, secret: str) -> int:
    answer = await client.post("/oauth/token", data=FORM, auth=("erp-demo", secret))
    return answer.status_code


async def test_a_client_is_edited(client: Client, published: PublishedFacts, tenant: UUID) -> None:
    made = await create_client(client)
    path = f"/clients/{made['id']}"
    assert (await client.patch(path, json={"name": "ERP"})).json()["version"] == 1
    changed = (await client.patch(path, json={"scopes": ["rms.order.read"]})).json()
    assert (changed["scopes"], changed["version"]) == (["rms.order.read"], 2)
    event = (await published())[-1]
    assert (event.type, event.sequence) == ("org.client.changed.v1", 2)
    assert event.payload == {
        "client_id": "erp-demo",
        "name": "ERP",
        "scopes": ["rms.order.read"],
        "active": True,
    }
    limited = tokens.bearer(tenant, scope="org.client.write rms.*")
    beyond = await client.patch(path, json={"scopes": ["mtl.lead.read"]}, headers=limited)
    assert (beyond.status_code, beyond.json()["code"]) == (403, "SCOPES_NOT_HELD")
    named = await client.patch(path, json={"client_id": "x", "name": " "})
    assert codes(named) == {("/client_id", "UNKNOWN_FIELD"), ("/name", "TOO_SHORT")}


async def test_a_client_is_shut_out_and_let_in(committed_client: AsyncClient) -> None:
    made = await create_client(committed_client)
    path = f"/clients/{made['id']}"
    out = (await committed_client.post(f"{path}/deactivate")).json()
    assert (out["active"], out["version"]) == (False, 2)
    assert (await committed_client.post(f"{path}/deactivate")).json() == out
    assert await status(committed_client, made["client_secret"]) == 401
    assert [c["id"] for c in (await committed_client.get("/clients?active=false")).json()["items"]]
    back = (await committed_client.post(f"{path}/reactivate")).json()
    assert (back["active"], back["version"]) == (True, 3)
    assert await status(committed_client, made["client_secret"]) == 200


async def test_a_new_secret_ends_the_old_one(committed_client: AsyncClient, tenant: UUID) -> None:
    made = await create_client(committed_client)
    path = f"/clients/{made['id']}/rotate-secret"
    answer = await committed_client.post(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    rotated = answer.json()
    assert rotated["rotated_at"] is not None
    assert rotated["client_secret"] != made["client_secret"]
    assert await status(committed_client, made["client_secret"]) == 401
    assert await status(committed_client, rotated["client_secret"]) == 200
    stale = await committed_client.post(path, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    limited = tokens.bearer(tenant, scope="org.client.write")
    beyond = await committed_client.post(path, headers=limited)
    assert (beyond.status_code, beyond.json()["code"]) == (403, "SCOPES_NOT_HELD")


@pytest.mark.parametrize("scope", ["l2o.account.read", "mtl.lead.write", "org.import.read"])
async def test_a_client_is_no_way_around_row_scope(
    client: Client, tenant: UUID, scope: str
) -> None:
    """A machine sees every row: who makes it one, or learns its secret, must see them all, too."""
    resource = scope.rpartition(".")[0]
    made = await create_client(client, scopes=[scope])
    bare = await create_client(client, client_id="bare", scopes=[])
    for held, status in [(f"{scope} {resource}.all", True), (scope, False)]:
        caller = tokens.bearer(tenant, scope=f"org.client.write {held}")
        body = {"name": "A", "scopes": [scope]}
        answers = [
            await client.post("/clients", json=body, headers=caller),
            await client.post(f"/clients/{made['id']}/rotate-secret", headers=caller),
            await client.patch(f"/clients/{bare['id']}", json={"scopes": []}, headers=caller),
            await client.patch(f"/clients/{bare['id']}", json={"scopes": [scope]}, headers=caller),
        ]
        got = [answer.status_code for answer in answers]
        assert got == ([201, 200, 200, 200] if status else [403, 403, 200, 403])
        for refused in answers:
            if refused.status_code == 403:
                assert refused.json()["params"] == {"scopes": [f"{resource}.all"]}
        await client.patch(f"/clients/{bare['id']}", json={"scopes": []})
