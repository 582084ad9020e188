"""The token endpoint, with committed transactions."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import update

from chassis.web.auth import StaticKeySet, Verifier
from org.app import create
from org.logins.store import logins
from org.tokens.domain import FORM_MEDIA_TYPE
from services.org.tests.factories import (
    ISSUER,
    PASSWORD,
    create_client,
    create_person,
    store_tenant,
)
from testkit.plugin import Committed

PERSON = {"grant_type": "password", "username": "li.na", "password": PASSWORD}


async def request_token(
    client: AsyncClient, form: Mapping[str, str], *, auth: tuple[str, str] | None = None
) -> Response:
    """Request a token without sending one."""
    if auth is None:
        return await client.post("/oauth/token", data=dict(form), headers={"Authorization": ""})
    return await client.post("/oauth/token", data=dict(form), auth=auth)


def oauth_error(answer: Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == {"error", "error_description"}
    assert answer.json()["error_description"].isascii()
    return answer.status_code, answer.json()["error"]


async def make_verifier(client: AsyncClient) -> Verifier:
    """Build the verifier that every service builds from the published keys."""
    keys = (await client.get("/oauth/jwks")).json()
    return Verifier(StaticKeySet(keys), issuer=ISSUER, audience="l2c")


async def test_a_person_gets_a_token(committed_client: AsyncClient, tenant: UUID) -> None:
    person = await create_person(committed_client)
    answer = await request_token(committed_client, PERSON)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    token = answer.json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 300)
    assert token["scope"] == "mtl.lead.read mtl.lead.write"
    principal = await (await make_verifier(committed_client)).verify(token["access_token"])
    assert (principal.tenant_id, principal.subject) == (tenant, person["id"])
    assert (principal.kind, principal.name) == ("person", "李娜")
    assert principal.scopes == {"mtl.lead.read", "mtl.lead.write"}


@pytest.mark.parametrize("basic", [True, False])
async def test_a_client_gets_a_token(
    committed_client: AsyncClient, tenant: UUID, *, basic: bool
) -> None:
    created_client = await create_client(committed_client)
    name, secret = "erp-demo", created_client["client_secret"]
    form = {"grant_type": "client_credentials", "scope": "rms.order.read"}
    if basic:
        answer = await request_token(committed_client, form, auth=(name, secret))
    else:
        answer = await request_token(
            committed_client, {**form, "client_id": name, "client_secret": secret}
        )
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == "rms.order.read"
    token = answer.json()["access_token"]
    principal = await (await make_verifier(committed_client)).verify(token)
    assert (principal.tenant_id, principal.subject) == (tenant, created_client["id"])
    assert (principal.kind, principal.name) == ("client", "ERP")
    assert principal.scopes == {"rms.order.read"}


async def test_every_token_is_different(committed_client: AsyncClient) -> None:
    await create_person(committed_client)
    token = [
        (await request_token(committed_client, PERSON)).json()["access_token"] for _ in range(2)
    ]
    assert token[0] != token[1]


async def test_wrong_credentials_are_refused(committed_client: AsyncClient) -> None:
    await create_person(committed_client)
    await create_client(committed_client)
    for change in ({"password": "wrong"}, {"username": "nobody"}, {"username": "erp-demo"}):
        answer = await request_token(committed_client, {**PERSON, **change})
        assert oauth_error(answer) == (400, "invalid_grant")
    for name in ("erp-demo", "nobody", "li.na"):
        form = {"grant_type": "client_credentials"}
        for answer in (
            await request_token(committed_client, form, auth=(name, PASSWORD)),
            await request_token(
                committed_client, {**form, "client_id": name, "client_secret": PASSWORD}
            ),
        ):
            assert oauth_error(answer) == (401, "invalid_client")
            assert answer.headers["www-authenticate"] == 'Basic realm="l2c"'


async def test_a_disabled_login_is_refused(
    committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    async with committed.app.begin(None) as tx:
        await tx.execute(update(logins).values(active=False))
    assert oauth_error(await request_token(committed_client, PERSON)) == (400, "invalid_grant")


async def test_other_scopes_are_refused(committed_client: AsyncClient) -> None:
    await create_person(committed_client)
    answer = await request_token(
        committed_client, {**PERSON, "scope": "mtl.lead.read rms.order.read"}
    )
    assert oauth_error(answer) == (400, "invalid_scope")
    narrow = await request_token(committed_client, {**PERSON, "scope": "mtl.lead.read"})
    assert narrow.json()["scope"] == "mtl.lead.read"


@pytest.mark.parametrize(
    ("content", "content_type", "error"),
    [
        (b"", FORM_MEDIA_TYPE, "invalid_request"),
        (b"grant_type=password", FORM_MEDIA_TYPE, "invalid_request"),
        (b"grant_type=magic", FORM_MEDIA_TYPE, "unsupported_grant_type"),
        (b'{"grant_type": "password"}', "application/json", "invalid_request"),
        (b"username=%00&grant_type=password", FORM_MEDIA_TYPE, "invalid_request"),
    ],
)
async def test_invalid_token_requests_are_refused(
    committed_client: AsyncClient, content: bytes, content_type: str, error: str
) -> None:
    headers = {"Authorization": "", "Content-Type": content_type}
    answer = await committed_client.post("/oauth/token", content=content, headers=headers)
    assert oauth_error(answer) == (400, error)


async def test_a_too_large_body_is_refused(committed_client: AsyncClient) -> None:
    answer = await request_token(committed_client, {**PERSON, "password": "x" * 20_001})
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


async def test_the_metadata_names_all_endpoints(committed_client: AsyncClient) -> None:
    answer = await committed_client.get("/.well-known/openid-configuration")
    assert answer.status_code == 200, answer.text
    metadata = answer.json()
    assert metadata["issuer"] == ISSUER
    assert metadata["token_endpoint"] == f"{ISSUER}/oauth/token"
    assert metadata["jwks_uri"] == f"{ISSUER}/oauth/jwks"
    assert metadata["id_token_signing_alg_values_supported"] == ["ES256"]


async def test_org_verifies_its_own_tokens_without_a_request(
    committed_client: AsyncClient, committed: Committed, environment: None, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await store_tenant(tx, tenant)
    await create_person(committed_client, scopes=["org.tenant.read"])
    app: FastAPI = create()
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://test/org/v1") as own_client,
    ):
        token = (await request_token(own_client, PERSON)).json()["access_token"]
        me = await own_client.get("/me", headers={"Authorization": f"Bearer {token}"})
        assert me.status_code == 200, me.text
        assert (me.json()["name"], me.json()["scopes"]) == ("李娜", ["org.tenant.read"])
        assert me.json()["tenant"]["id"] == str(tenant)
        foreign = await own_client.get("/me", headers=dict(committed_client.headers))
        assert foreign.status_code == 401


async def test_openapi_shows_the_form_and_the_errors(app: FastAPI) -> None:
    operation = app.openapi()["paths"]["/org/v1/oauth/token"]["post"]
    assert "application/x-www-form-urlencoded" in operation["requestBody"]["content"]
    assert "application/json;charset=UTF-8" in operation["responses"]["401"]["content"]
    assert "application/problem+json" in operation["responses"]["429"]["content"]
