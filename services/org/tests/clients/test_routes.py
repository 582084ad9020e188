"""Creating and reading service clients."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import idempotency_keys
from org.logins.store import logins
from services.org.tests.factories import codes, create_client, create_person
from testkit import tokens
from testkit.plugin import PublishedFacts


async def test_a_client_is_stored_and_its_secret_shown_once(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    body = {"name": "金蝶 ERP", "client_id": "erp-1", "scopes": ["rms.order.read"]}
    answer = await client.post("/clients", json=body)
    assert answer.status_code == 201, answer.text
    created_client = answer.json()
    secret = created_client.pop("client_secret")
    assert answer.headers["Location"] == f"/org/v1/clients/{created_client['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert {name: created_client[name] for name in body} == body
    assert len(secret) == 43  # 256 bits in base64url
    assert (await client.get(f"/clients/{created_client['id']}")).json() == created_client
    assert (await client.get("/clients")).json()["items"] == [created_client]
    stored_hash = (await tx.execute(select(logins.c.secret_hash))).scalar_one()
    assert stored_hash == sha256(secret.encode()).hexdigest()
    [event] = await published()
    assert (event.type, event.sequence) == ("org.client.created.v1", 1)
    state = {"client_id": "erp-1", "name": "金蝶 ERP", "scopes": ["rms.order.read"]}
    assert event.payload == {**state, "client": {**state, "active": True, "deleted": False}}


async def test_the_client_id_is_generated_and_secrets_differ(client: AsyncClient) -> None:
    created_client = [(await client.post("/clients", json={"name": "A"})).json() for _ in range(2)]
    assert [item["client_id"] for item in created_client] == [item["id"] for item in created_client]
    assert created_client[0]["client_secret"] != created_client[1]["client_secret"]


async def test_a_replayed_answer_does_not_contain_the_secret(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    key = {"Idempotency-Key": "k1"}
    first = await client.post("/clients", json={"name": "A"}, headers=key)
    again = await client.post("/clients", json={"name": "A"}, headers=key)
    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    secret = first.json()["client_secret"]
    assert again.json() == {**first.json(), "client_secret": None}
    stored = (await tx.execute(select(idempotency_keys.c.body))).scalar_one()
    assert secret.encode() not in stored
    assert len(await published()) == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("/name", "REQUIRED")}),
        ({"name": ""}, {("/name", "TOO_SHORT")}),
        ({"name": "A", "client_id": "ERP"}, {("/client_id", "PATTERN_MISMATCH")}),
        ({"name": "A", "client_id": "e p"}, {("/client_id", "PATTERN_MISMATCH")}),
        ({"name": "A", "client_id": "e:p"}, {("/client_id", "PATTERN_MISMATCH")}),
        ({"name": "A", "scopes": [""]}, {("/scopes/0", "PATTERN_MISMATCH")}),
        ({"name": "A", "scopes": [1]}, {("/scopes/0", "TYPE_INVALID")}),
        (
            {"client_secret": "mine", "scopes": ["x"]},
            {
                ("/name", "REQUIRED"),
                ("/scopes/0", "PATTERN_MISMATCH"),
                ("/client_secret", "UNKNOWN_FIELD"),
            },
        ),
    ],
)
async def test_invalid_clients_are_refused(
    client: AsyncClient, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    answer = await client.post("/clients", json=body)
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected


async def test_client_ids_and_usernames_are_unique_together(client: AsyncClient) -> None:
    await create_client(client)
    await create_person(client)
    for client_id in ("erp-demo", "li.na"):
        answer = await client.post("/clients", json={"name": "B", "client_id": client_id})
        assert answer.status_code == 422
        assert codes(answer) == {("/client_id", "CLIENT_ID_TAKEN")}


async def test_callers_can_grant_only_their_own_scopes(client: AsyncClient, tenant: UUID) -> None:
    limited = tokens.bearer(tenant, scope="org.client.write")
    answer = await client.post("/clients", json={"name": "A", "scopes": ["*"]}, headers=limited)
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPES_NOT_HELD")
