"""Setting passwords by invitation, by reset link, and by the person."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from chassis.database.backbone_tables import idempotency_keys
from chassis.foundation.clock import now
from org.passwords.store import password_links
from services.org.tests.factories import (
    PASSWORD,
    add_person,
    codes,
    create_person,
    create_role,
    created,
)
from testkit import tokens
from testkit.plugin import Committed

ANONYMOUS = {"Authorization": ""}
OTHER = "battery staple"


async def sign_in(client: AsyncClient, password: str, *, username: str = "li.na") -> Response:
    form = {"grant_type": "password", "username": username, "password": password}
    return await client.post("/oauth/token", data=form, headers=ANONYMOUS)


async def accept(client: AsyncClient, token: str, password: str = OTHER) -> Response:
    body = {"token": token, "password": password}
    return await client.post("/password-links/accept", json=body, headers=ANONYMOUS)


async def request_reset_token(client: AsyncClient, person: dict[str, Any]) -> str:
    answer = created(await client.post(f"/people/{person['id']}/reset-password"))
    token: str = answer["token"]
    return token


async def count_links(committed: Committed) -> int:
    async with committed.app.begin(None) as tx:
        return await tx.scalar(select(func.count()).select_from(password_links)) or 0


async def test_an_invitation_sets_the_first_password_once(
    committed_client: AsyncClient, committed: Committed
) -> None:
    role = await create_role(committed_client, "SELLER", "mtl.lead.read")
    person = await add_person(committed_client, role_ids=[role["id"]], scopes=["mtl.lead.write"])
    path = f"/people/{person['id']}"
    missing = await committed_client.post(f"{path}/invite", json={})
    assert codes(missing) == {("/username", "REQUIRED")}
    answer = await committed_client.post(f"{path}/invite", json={"username": "Wang.Wei"})
    invitation = created(answer)
    assert (invitation["username"], invitation["purpose"]) == ("wang.wei", "INVITATION")
    assert answer.headers["Cache-Control"] == "no-store"
    invited = (await committed_client.get(path)).json()
    assert (invited["username"], invited["version"]) == ("wang.wei", 2)
    assert (await accept(committed_client, invitation["token"])).status_code == 204
    issued = (await sign_in(committed_client, OTHER, username="wang.wei")).json()
    assert issued["scope"] == "mtl.lead.read mtl.lead.write"
    again = await accept(committed_client, invitation["token"])
    assert (again.status_code, codes(again)) == (422, {("/token", "LINK_INVALID")})
    renamed = await committed_client.post(f"{path}/invite", json={"username": "other"})
    assert (renamed.status_code, renamed.json()["code"]) == (409, "USERNAME_FIXED")
    assert (await committed_client.post(f"{path}/invite", json={})).status_code == 201


async def test_a_reset_deletes_all_links_and_replaces_the_password(
    committed_client: AsyncClient, committed: Committed
) -> None:
    person = await create_person(committed_client)
    first, second = [await request_reset_token(committed_client, person) for _ in range(2)]
    assert (await sign_in(committed_client, PASSWORD)).status_code == 200
    assert (await accept(committed_client, second)).status_code == 204
    assert (await accept(committed_client, first)).status_code == 422
    assert (await sign_in(committed_client, PASSWORD)).status_code == 400
    assert (await sign_in(committed_client, OTHER)).status_code == 200
    assert await count_links(committed) == 0


async def test_of_parallel_uses_of_a_link_one_succeeds(committed_client: AsyncClient) -> None:
    token = await request_reset_token(committed_client, await create_person(committed_client))
    answers = await asyncio.gather(
        *(accept(committed_client, token, f"password {n}") for n in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [204] + [422] * 5


async def test_an_expired_link_is_refused(
    committed_client: AsyncClient, committed: Committed
) -> None:
    token = await request_reset_token(committed_client, await create_person(committed_client))
    async with committed.app.begin(None) as tx:
        expires_at = (await tx.execute(select(password_links.c.expires_at))).scalar_one()
        assert timedelta(minutes=59) < expires_at - now() <= timedelta(hours=1)
        await tx.execute(update(password_links).values(expires_at=now()))
    assert codes(await accept(committed_client, token)) == {("/token", "LINK_INVALID")}


async def test_a_deactivated_person_gets_no_link_and_no_token(
    committed_client: AsyncClient,
) -> None:
    person = await create_person(committed_client)
    path = f"/people/{person['id']}"
    token = await request_reset_token(committed_client, person)
    await committed_client.post(f"{path}/deactivate")
    assert (await sign_in(committed_client, PASSWORD)).status_code == 400
    assert (await accept(committed_client, token)).status_code == 422
    answer = await committed_client.post(f"{path}/reset-password")
    assert (answer.status_code, answer.json()["code"]) == (409, "PERSON_INACTIVE")
    await committed_client.post(f"{path}/reactivate")
    assert (await sign_in(committed_client, PASSWORD)).status_code == 200


async def test_a_link_needs_all_scopes_of_the_person(
    committed_client: AsyncClient, tenant: UUID
) -> None:
    role = await create_role(committed_client, "PAYER", "rms.payment.write")
    person = await create_person(committed_client, role_ids=[role["id"]])
    clerk = tokens.bearer(tenant, scope="org.person.write mtl.*")
    for move in ("invite", "reset-password"):
        answer = await committed_client.post(
            f"/people/{person['id']}/{move}", json={}, headers=clerk
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "SCOPES_NOT_HELD")


async def test_a_reset_needs_a_username(committed_client: AsyncClient) -> None:
    person = await add_person(committed_client)
    answer = await committed_client.post(f"/people/{person['id']}/reset-password")
    assert (answer.status_code, answer.json()["code"]) == (409, "NO_LOGIN")
    await create_person(committed_client)
    refused = await committed_client.post(
        f"/people/{person['id']}/invite", json={"username": "li.na"}
    )
    assert codes(refused) == {("/username", "USERNAME_TAKEN")}


async def test_a_new_link_of_an_administrator_replaces_the_oldest(
    committed_client: AsyncClient, committed: Committed
) -> None:
    person = await create_person(committed_client)
    issued = [await request_reset_token(committed_client, person) for _ in range(6)]
    assert await count_links(committed) == 5
    assert (await accept(committed_client, issued[0])).status_code == 422
    assert (await accept(committed_client, issued[1])).status_code == 204


async def test_links_requested_by_others_are_counted_apart(
    committed_client: AsyncClient, committed: Committed
) -> None:
    """Links requested anonymously do not replace links of administrators, nor the reverse."""
    person = await create_person(committed_client)
    first = await request_reset_token(committed_client, person)
    with capture_logs() as log_entries:
        for _ in range(7):
            body = {"username": "li.na"}
            await committed_client.post("/password-links", json=body, headers=ANONYMOUS)
    requested = [
        entry["token"] for entry in log_entries if entry["event"] == "password_reset_requested"
    ]
    assert len(requested) == 5
    for _ in range(4):
        await request_reset_token(committed_client, person)
    invited = await committed_client.post(f"/people/{person['id']}/invite", json={})
    assert (invited.status_code, await count_links(committed)) == (201, 11)
    # This is the sixth link of an administrator, so the first one is deleted.
    await request_reset_token(committed_client, person)
    assert await count_links(committed) == 11
    assert (await accept(committed_client, first)).status_code == 422
    assert (await accept(committed_client, requested[0])).status_code == 204
    assert await count_links(committed) == 0


async def test_a_replayed_answer_does_not_contain_the_token(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    path = f"/people/{(await create_person(committed_client))['id']}/reset-password"
    key = {"Idempotency-Key": "k1"}
    first = await committed_client.post(path, headers=key)
    again = await committed_client.post(path, headers=key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == {**first.json(), "token": None}
    async with committed.app.begin(tenant) as tx:
        stored = (await tx.execute(select(idempotency_keys.c.body))).scalar_one()
    assert first.json()["token"].encode() not in stored


async def test_a_forgotten_password_does_not_reveal_usernames(
    committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    with capture_logs() as log_entries:
        answers = [
            await committed_client.post(
                "/password-links", json={"username": name}, headers=ANONYMOUS
            )
            for name in ("li.na", "nobody")
        ]
    assert {(a.status_code, a.content) for a in answers} == {(202, answers[0].content)}
    [entry] = [entry for entry in log_entries if entry["event"] == "password_reset_requested"]
    assert entry["username"] == "li.na"
    assert await count_links(committed) == 1
    assert (await accept(committed_client, entry["token"])).status_code == 204
    assert (await sign_in(committed_client, OTHER)).status_code == 200


async def test_people_change_their_own_password(
    committed_client: AsyncClient, tenant: UUID
) -> None:
    person = await create_person(committed_client)
    me = tokens.bearer(tenant, sub=person["id"], scope="")
    body = {"current_password": "wrong", "new_password": OTHER}
    wrong = await committed_client.post("/me/password", json=body, headers=me)
    assert codes(wrong) == {("/current_password", "PASSWORD_WRONG")}
    body["current_password"] = PASSWORD
    assert (await committed_client.post("/me/password", json=body, headers=me)).status_code == 204
    assert (await sign_in(committed_client, OTHER)).status_code == 200
    for _ in range(5):
        await committed_client.post("/me/password", json=body, headers=me)
    paused = await committed_client.post("/me/password", json=body, headers=me)
    assert (paused.status_code, paused.json()["code"]) == (429, "LOGIN_BRAKED")


@pytest.mark.parametrize("sub", ["x", "01990000-0000-7000-8000-00000000abcd"])
async def test_without_a_login_there_is_no_password_to_change(
    committed_client: AsyncClient, tenant: UUID, sub: str
) -> None:
    body = {"current_password": PASSWORD, "new_password": OTHER}
    headers = tokens.bearer(tenant, sub=sub)
    answer = await committed_client.post("/me/password", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "NO_PASSWORD_HERE")


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/password-links", {}, {("/username", "REQUIRED")}),
        ("/password-links", {"username": "a b"}, {("/username", "PATTERN_MISMATCH")}),
        ("/password-links/accept", {"token": "x"}, {("/password", "REQUIRED")}),
        (
            "/password-links/accept",
            {"token": "", "password": "short"},
            {("/token", "TOO_SHORT"), ("/password", "TOO_SHORT")},
        ),
        (
            "/password-links/accept",
            {"token": "x" * 43, "password": PASSWORD},
            {("/token", "LINK_INVALID")},
        ),
    ],
)
async def test_invalid_bodies_are_refused(
    committed_client: AsyncClient, path: str, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    answer = await committed_client.post(path, json=body, headers=ANONYMOUS)
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected
