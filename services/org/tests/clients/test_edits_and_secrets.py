"""Edits, activation and new secrets of clients; tokens need committed transactions."""

from uuid import UUID

import pytest
from httpx import AsyncClient

from services.org.tests.factories import codes, create_client
from testkit import tokens
from testkit.plugin import Client, PublishedFacts

FORM_MEDIA_TYPE = {"grant_type": "client_credentials"}


async def token_status(client: AsyncClient, secret: str) -> int:
    answer = await client.post("/oauth/token", data=FORM_MEDIA_TYPE, auth=("erp-demo", secret))
    return answer.status_code


async def test_a_client_is_edited(client: Client, published: PublishedFacts, tenant: UUID) -> None:
    created_client = await create_client(client)
    path = f"/clients/{created_client['id']}"
    assert (await client.patch(path, json={"name": "ERP"})).json()["version"] == 1
    changed = (await client.patch(path, json={"scopes": ["rms.order.read"]})).json()
    assert (changed["scopes"], changed["version"]) == (["rms.order.read"], 2)
    event, revocation = (await published())[-2:]
    assert (event.type, event.sequence) == ("org.client.changed.v1", 2)
    assert revocation.type == "org.principal.revoked.v1"
    state = {
        "client_id": "erp-demo",
        "name": "ERP",
        "scopes": ["rms.order.read"],
        "active": True,
    }
    assert event.payload == {**state, "client": {**state, "deleted": False}}
    limited = tokens.bearer(tenant, scope="org.client.write rms.*")
    refused = await client.patch(path, json={"scopes": ["mtl.lead.read"]}, headers=limited)
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPES_NOT_HELD")
    invalid = await client.patch(path, json={"client_id": "x", "name": " "})
    assert codes(invalid) == {("/client_id", "UNKNOWN_FIELD"), ("/name", "TOO_SHORT")}


async def test_a_client_is_deactivated_and_reactivated(committed_client: AsyncClient) -> None:
    created_client = await create_client(committed_client)
    path = f"/clients/{created_client['id']}"
    deactivated = (await committed_client.post(f"{path}/deactivate")).json()
    assert (deactivated["active"], deactivated["version"]) == (False, 2)
    assert (await committed_client.post(f"{path}/deactivate")).json() == deactivated
    assert await token_status(committed_client, created_client["client_secret"]) == 401
    assert [c["id"] for c in (await committed_client.get("/clients?active=false")).json()["items"]]
    reactivated = (await committed_client.post(f"{path}/reactivate")).json()
    assert (reactivated["active"], reactivated["version"]) == (True, 3)
    assert await token_status(committed_client, created_client["client_secret"]) == 200


async def test_a_new_secret_replaces_the_old_one(
    committed_client: AsyncClient, tenant: UUID
) -> None:
    created_client = await create_client(committed_client)
    path = f"/clients/{created_client['id']}/rotate-secret"
    answer = await committed_client.post(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    rotated = answer.json()
    assert rotated["rotated_at"] is not None
    assert rotated["client_secret"] != created_client["client_secret"]
    assert await token_status(committed_client, created_client["client_secret"]) == 401
    assert await token_status(committed_client, rotated["client_secret"]) == 200
    stale = await committed_client.post(path, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    limited = tokens.bearer(tenant, scope="org.client.write")
    refused = await committed_client.post(path, headers=limited)
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPES_NOT_HELD")


@pytest.mark.parametrize("scope", ["l2o.account.read", "mtl.lead.write", "org.import.read"])
async def test_creating_a_client_needs_the_all_scope_of_owned_resources(
    client: Client, tenant: UUID, scope: str
) -> None:
    """A client sees every row, so whoever creates it or learns its secret needs to see them too."""
    resource = scope.rpartition(".")[0]
    created_client = await create_client(client, scopes=[scope])
    without_scopes = await create_client(client, client_id="bare", scopes=[])
    for scopes, token_status in [(f"{scope} {resource}.all", True), (scope, False)]:
        caller = tokens.bearer(tenant, scope=f"org.client.write {scopes}")
        body = {"name": "A", "scopes": [scope]}
        answers = [
            await client.post("/clients", json=body, headers=caller),
            await client.post(f"/clients/{created_client['id']}/rotate-secret", headers=caller),
            await client.patch(
                f"/clients/{without_scopes['id']}", json={"scopes": []}, headers=caller
            ),
            await client.patch(
                f"/clients/{without_scopes['id']}", json={"scopes": [scope]}, headers=caller
            ),
        ]
        statuses = [answer.status_code for answer in answers]
        assert statuses == ([201, 200, 200, 200] if token_status else [403, 403, 200, 403])
        for refused in answers:
            if refused.status_code == 403:
                assert refused.json()["params"] == {"scopes": [f"{resource}.all"]}
        await client.patch(f"/clients/{without_scopes['id']}", json={"scopes": []})
