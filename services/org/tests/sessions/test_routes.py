"""Signing in for screens: refresh, log out, and the sessions of a person."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from chassis.records.audit.tables import audit_entries
from chassis.tenancy import tasks
from kernel.ids import new_id
from libs.chassis.tests.tenancy.running import request_task, run
from org.sessions.store import sessions
from org.worker import WORKER
from services.org.tests.factories import PASSWORD, add_person, create_person
from testkit import tokens
from testkit.plugin import Committed

ANONYMOUS = {"Authorization": ""}
PHONE = {**ANONYMOUS, "User-Agent": "L2C-App/1.0 (iPhone)"}
Client = AsyncClient


async def sign_in(client: Client, headers: dict[str, str] = PHONE, **more: str) -> dict[str, Any]:
    form = {"grant_type": "password", "username": "li.na", "password": PASSWORD, **more}
    answer = await client.post("/oauth/token", data=form, headers=headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def refresh(client: Client, token: str, **more: str) -> Response:
    form = {"grant_type": "refresh_token", "refresh_token": token, **more}
    return await client.post("/oauth/token", data=form, headers=ANONYMOUS)


async def refreshed(client: Client, token: str) -> str:
    answer = await refresh(client, token)
    assert answer.status_code == 200, answer.text
    following: str = answer.json()["refresh_token"]
    return following


def is_refused(answer: Response) -> bool:
    return (answer.status_code, answer.json().get("error")) == (400, "invalid_grant")


async def pass_time(committed: Committed, tenant: UUID, passed: timedelta) -> None:
    """Let time pass for all sessions."""
    moved = {
        name: sessions.c[name] - passed
        for name in ("rotated_at", "created_at", "last_used_at", "expires_at")
    }
    async with committed.app.begin(tenant) as tx:
        await tx.execute(update(sessions).values(**moved))


async def ends(committed: Committed, tenant: UUID) -> list[str | None]:
    """Why the sessions ended, oldest first, as the audit says as well."""
    async with committed.app.begin(tenant) as tx:
        rows = await tx.execute(select(sessions.c.ended_because).order_by(sessions.c.id))
        found = [None if row is None else row.value for row in rows.scalars()]
        changes = (
            await tx.execute(
                select(audit_entries.c.changes).where(
                    audit_entries.c.resource == "org.session", audit_entries.c.verb == "UPDATE"
                )
            )
        ).scalars()
        audited = [change["to"].get("ended_because") for change in changes]
    assert sorted(filter(None, audited)) == sorted(filter(None, found))
    return found


def as_person(tenant: UUID, person: dict[str, Any], token: dict[str, Any]) -> dict[str, str]:
    """The headers of a person who uses a session's token; tests are signed by another key."""
    claims = jwt.decode(token["access_token"], options={"verify_signature": False})
    return tokens.bearer(tenant, sub=person["id"], sid=claims["sid"], scope="")


async def test_a_session_is_renewed_and_sees_new_roles(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    person = await create_person(committed_client, scopes=["mtl.lead.read"])
    token = await sign_in(committed_client)
    more = {"scopes": ["mtl.lead.read", "mtl.lead.write"]}
    await committed_client.patch(f"/people/{person['id']}", json=more)
    answer = await refresh(committed_client, token["refresh_token"])
    renewed = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (renewed["scope"], renewed["token_type"]) == ("mtl.lead.read mtl.lead.write", "Bearer")
    assert renewed["refresh_token"] != token["refresh_token"]
    narrow = await refresh(committed_client, renewed["refresh_token"], scope="mtl.lead.read")
    assert narrow.json()["scope"] == "mtl.lead.read"
    async with committed.app.begin(tenant) as tx:
        stored = (await tx.execute(select(sessions))).one()
    assert (stored.number, stored.device) == (2, "L2C-App/1.0 (iPhone)")
    assert token["refresh_token"] not in str(stored)


async def test_a_narrowed_session_stays_narrow(committed_client: Client) -> None:
    await create_person(committed_client)
    token = await sign_in(committed_client, scope="mtl.lead.read")
    wider = await refresh(committed_client, token["refresh_token"], scope="mtl.lead.write")
    assert (wider.status_code, wider.json()["error"]) == (400, "invalid_scope")
    answer = await refresh(committed_client, token["refresh_token"])
    assert answer.json()["scope"] == "mtl.lead.read"


async def test_the_reuse_of_an_old_token_ends_the_session(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    await create_person(committed_client)
    first = (await sign_in(committed_client))["refresh_token"]
    second = await refreshed(committed_client, first)
    await pass_time(committed, tenant, timedelta(seconds=11))
    with capture_logs() as logged:
        assert is_refused(await refresh(committed_client, first))
        assert is_refused(await refresh(committed_client, second))
    assert [entry["event"] for entry in logged].count("refresh_token_reused") == 1
    assert await ends(committed, tenant) == ["REUSED"]
    assert (await sign_in(committed_client))["refresh_token"]


def access_of(tenant: UUID, token: dict[str, Any]) -> dict[str, str]:
    """The headers of a session's access token; tests are signed by another key."""
    claims = jwt.decode(token["access_token"], options={"verify_signature": False})
    kept = {name: claims[name] for name in ("sub", "sid", "iat", "scope")}
    return tokens.bearer(tenant, **kept)


async def test_the_reuse_of_an_old_token_refuses_the_access_tokens_that_a_thief_may_hold(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    """Other sessions of the person go on: they renew their access tokens."""
    await create_person(committed_client)
    stolen, other = await sign_in(committed_client), await sign_in(committed_client)
    await refreshed(committed_client, stolen["refresh_token"])
    await pass_time(committed, tenant, timedelta(seconds=11))
    own = "/me/sessions"
    assert is_refused(await refresh(committed_client, stolen["refresh_token"]))
    answer = await committed_client.delete(own, headers=access_of(tenant, stolen))
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_REVOKED")
    renewed = await refresh(committed_client, other["refresh_token"])
    answer = await committed_client.delete(own, headers=access_of(tenant, renewed.json()))
    assert answer.status_code == 204, answer.text


async def test_parallel_uses_of_one_token_get_one_successor(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    """Two tabs of a browser renew at once: one rotates the token, the others get the same."""
    await create_person(committed_client)
    token = (await sign_in(committed_client))["refresh_token"]
    for number in range(1, 4):
        answers = await asyncio.gather(*(refresh(committed_client, token) for _ in range(6)))
        assert {answer.status_code for answer in answers} == {200}
        [token] = {answer.json()["refresh_token"] for answer in answers}
        async with committed.app.begin(tenant) as tx:
            assert await tx.scalar(select(sessions.c.number)) == number


@pytest.mark.parametrize(
    ("passed", "alive"), [(timedelta(days=6), True), (timedelta(days=7, seconds=1), False)]
)
async def test_an_idle_session_expires(
    committed_client: Client,
    committed: Committed,
    tenant: UUID,
    passed: timedelta,
    alive: bool,  # a parameter of the test
) -> None:
    await create_person(committed_client)
    token = (await sign_in(committed_client))["refresh_token"]
    await pass_time(committed, tenant, passed)
    assert is_refused(await refresh(committed_client, token)) is not alive
    assert await ends(committed, tenant) == [None if alive else "EXPIRED"]


@pytest.mark.parametrize(
    "how", ["role", "subject", "deactivate", "password", "reset", "end-sessions"]
)
async def test_whatever_revokes_tokens_ends_sessions(
    committed_client: Client, committed: Committed, tenant: UUID, how: str
) -> None:
    person = await create_person(committed_client)
    path, token = f"/people/{person['id']}", await sign_in(committed_client)
    headers = as_person(tenant, person, token)
    if how == "role":
        answer = await committed_client.patch(path, json={"scopes": []})
    elif how == "subject":
        answer = await committed_client.patch(path, json={"subject": "idp|1"})
    elif how == "password":
        body = {"current_password": PASSWORD, "new_password": "battery staple"}
        answer = await committed_client.post("/me/password", json=body, headers=headers)
    elif how == "reset":
        link = (await committed_client.post(f"{path}/reset-password")).json()["token"]
        body = {"token": link, "password": "battery staple"}
        answer = await committed_client.post("/password-links/accept", json=body)
    else:
        answer = await committed_client.post(f"{path}/{how}")
    assert answer.status_code in (200, 204), answer.text
    if how == "deactivate":
        await committed_client.post(f"{path}/reactivate")
    assert (await committed_client.get(f"{path}/sessions")).json()["items"] == []
    assert is_refused(await refresh(committed_client, token["refresh_token"]))
    assert (await committed_client.get("/me/sessions", headers=headers)).status_code == 401
    expected = "ENDED_BY_ADMINISTRATOR" if how == "end-sessions" else "REVOKED"
    assert await ends(committed, tenant) == [expected]


async def test_logging_out_ends_the_session(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    await create_person(committed_client)
    first = (await sign_in(committed_client))["refresh_token"]
    other = (await sign_in(committed_client))["refresh_token"]
    second = await refreshed(committed_client, first)
    form = {"token": second, "token_type_hint": "refresh_token"}
    for token in (second, first, "unknown", "A" * 91):
        answer = await committed_client.post(
            "/oauth/revoke", data={**form, "token": token}, headers=ANONYMOUS
        )
        assert answer.status_code == 200, answer.text
    missing = await committed_client.post("/oauth/revoke", data={"x": "y"}, headers=ANONYMOUS)
    assert (missing.status_code, missing.json()["error"]) == (400, "invalid_request")
    assert is_refused(await refresh(committed_client, second))
    assert await refreshed(committed_client, other)
    assert await ends(committed, tenant) == ["LOGOUT", None]


async def test_people_see_and_end_their_own_sessions(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    person = await create_person(committed_client)
    laptop = await sign_in(committed_client, {**ANONYMOUS, "User-Agent": "Mozilla/5.0"})
    phone, tablet = await sign_in(committed_client), await sign_in(committed_client)
    me = as_person(tenant, person, laptop)
    items = (await committed_client.get("/me/sessions", headers=me)).json()["items"]
    assert [(one["device"], one["current"]) for one in items] == [
        ("L2C-App/1.0 (iPhone)", False),
        ("L2C-App/1.0 (iPhone)", False),
        ("Mozilla/5.0", True),
    ]
    stranger = tokens.bearer(tenant, sub=(await add_person(committed_client))["id"], scope="")
    path = f"/me/sessions/{items[0]['id']}"
    foreign = await committed_client.delete(path, headers=stranger)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "SESSION_NOT_FOUND")
    for _ in range(2):
        assert (await committed_client.delete(path, headers=me)).status_code == 204
    assert is_refused(await refresh(committed_client, tablet["refresh_token"]))
    assert await refreshed(committed_client, phone["refresh_token"])
    assert (await committed_client.delete("/me/sessions", headers=me)).status_code == 204
    assert await refreshed(committed_client, laptop["refresh_token"])
    left = (await committed_client.get("/me/sessions", headers=me)).json()["items"]
    assert [one["current"] for one in left] == [True]
    assert await ends(committed, tenant) == [None, "ENDED_BY_PERSON", "ENDED_BY_PERSON"]


async def test_administrators_see_and_end_the_sessions_of_those_they_administer(
    committed_client: Client, tenant: UUID
) -> None:
    person = await create_person(committed_client, scopes=["org.role.write"])
    token, path = await sign_in(committed_client), f"/people/{person['id']}"
    clerk = await add_person(committed_client, scopes=["org.person.write"])
    headers = tokens.bearer(tenant, sub=clerk["id"], scope="org.person.write")
    refused = await committed_client.post(f"{path}/end-sessions", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPES_NOT_HELD")
    listed = (await committed_client.get(f"{path}/sessions", headers=headers)).json()["items"]
    assert [one["current"] for one in listed] == [False]
    me = as_person(tenant, person, token)
    assert (await committed_client.get(f"{path}/sessions", headers=me)).status_code == 403
    assert (await committed_client.post(f"{path}/end-sessions")).status_code == 204
    unknown = await committed_client.post(f"/people/{new_id()}/end-sessions")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "PERSON_NOT_FOUND")


async def test_a_person_has_twenty_sessions_at_most(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    """Scripts that sign in again and again fill no table; old sessions are deleted meanwhile."""
    await create_person(committed_client)
    first = await sign_in(committed_client)
    await pass_time(committed, tenant, timedelta(days=80))
    for _ in range(21):
        await sign_in(committed_client)
    assert is_refused(await refresh(committed_client, first["refresh_token"]))
    async with committed.app.begin(tenant) as tx:
        query = select(func.count()).select_from(sessions)
        assert await tx.scalar(query) == 21
        assert await tx.scalar(query.where(sessions.c.ended_at.is_(None))) == 20


async def test_an_erasure_ends_the_sessions_and_forgets_the_devices(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    person = await create_person(committed_client)
    token = await sign_in(committed_client)
    body = {"kind": "ERASE", "ids": [person["id"]]}
    assert (await committed_client.post("/tenant-tasks", json=body)).status_code == 202
    assert is_refused(await refresh(committed_client, token["refresh_token"]))
    await request_task(committed, tenant, "ERASE", ids=(UUID(person["id"]),))
    await run(committed, tenant, handle=WORKER.jobs[tasks.TASK_JOB_KIND])
    async with committed.app.begin(tenant) as tx:
        stored = (await tx.execute(select(sessions))).one()
    assert (stored.device, stored.login, stored.person_id) == (None, "***", UUID(person["id"]))


@pytest.mark.parametrize("token", ["", "x", "A" * 91])
async def test_other_tokens_are_refused(committed_client: Client, token: str) -> None:
    answer = await refresh(committed_client, token)
    expected = "invalid_grant" if token else "invalid_request"
    assert (answer.status_code, answer.json()["error"]) == (400, expected)


async def test_the_metadata_names_the_grant_and_the_revocation(committed_client: Client) -> None:
    metadata = (await committed_client.get("/.well-known/openid-configuration")).json()
    assert "refresh_token" in metadata["grant_types_supported"]
    assert metadata["revocation_endpoint"].endswith("/org/v1/oauth/revoke")
