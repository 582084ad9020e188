"""Setting passwords: by invitation, by a reset, by oneself."""

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

NOBODY = {"Authorization": ""}
OTHER = "battery staple"


async def sign_in(client: AsyncClient, password: str, *, username: str = "li.na") -> Response:
    form = {"grant_type": "password", "username": username, "password": password}
    return await client.post("/oauth/token", data=form, headers=NOBODY)


async def accept(client: AsyncClient, token: str, password: str = OTHER) -> Response:
    body = {"token": token, "password": password}
    return await client.post("/password-links/accept", json=body, headers=NOBODY)


async def reset(client: AsyncClient, person: dict[str, Any]) -> str:
    answer = created(await client.post(f"/people/{person['id']}/reset-password"))
    token: str = answer["token"]
    return token


async def links(committed: Committed) -> int:
    async with committed.app.begin(None) as tx:
        return await tx.scalar(select(func.count()).select_from(password_links)) or 0


async def test_an_invitation(committed_client: AsyncClient, committed: Committed) -> None:
    role = await create_role(committed_client, "SELLER", "mtl.lead.read")
    person = await add_person(committed_client, role_ids=[role["id"]], scopes=["mtl.lead.write"])
    path = f"/people/{person['id']}"
    missing = await committed_client.post(f"{path}/invite", json={})
    assert codes(missing) == {("/username", "REQUIRED")}
    answer = await committed_client.post(f"{path}/invite", json={"username": "Wang.Wei"})
    told = created(answer)
    assert (told["username"], told["purpose"]) == ("wang.wei", "INVITATION")
    assert answer.headers["Cache-Control"] == "no-store"
    named = (await committed_client.get(path)).json()
    assert (named["username"], named["version"]) == ("wang.wei", 2)
    assert (await accept(committed_client, told["token"])).status_code == 204
    given = (await sign_in(committed_client, OTHER, username="wang.wei")).json()
    assert given["scope"] == "mtl.lead.read mtl.lead.write"
    again = await accept(committed_client, told["token"])
    assert (again.status_code, codes(again)) == (422, {("/token", "LINK_INVALID")})
    fixed = await committed_client.post(f"{path}/invite", json={"username": "other"})
    assert (fixed.status_code, fixed.json()["code"]) == (409, "USERNAME_FIXED")
    assert (await committed_client.post(f"{path}/invite", json={})).status_code == 201


async def test_a_reset_closes_every_link_and_the_old_password(
    committed_client: AsyncClient, committed: Committed
) -> None:
    person = await create_person(committed_client)
    first, second = [await reset(committed_client, person) for _ in range(2)]
    assert (await sign_in(committed_client, PASSWORD)).status_code == 200
    assert (await accept(committed_client, second)).status_code == 204
    assert (await accept(committed_client, first)).status_code == 422
    assert (await sign_in(committed_client, PASSWORD)).status_code == 400
    assert (await sign_in(committed_client, OTHER)).status_code == 200
    assert await links(committed) == 0


async def test_a_link_works_once_also_at_once(committed_client: AsyncClient) -> None:
    token = await reset(committed_client, await create_person(committed_client))
    answers = await asyncio.gather(
        *(accept(committed_client, token, f"password {n}") for n in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [204] + [422] * 5


async def test_an_old_link(committed_client: AsyncClient, committed: Committed) -> None:
    token = await reset(committed_client, await create_person(committed_client))
    async with committed.app.begin(None) as tx:
        expires_at = (await tx.execute(select(password_links.c.expires_at))).scalar_one()
        assert timedelta(minutes=59) < expires_at - now() <= timedelta(hours=1)
        await tx.execute(update(password_links).values(expires_at=now()))
    assert codes(await accept(committed_client, token)) == {("/token", "LINK_INVALID")}


async def test_who_left_gets_no_link_and_no_token(committed_client: AsyncClient) -> None:
    person = await create_person(committed_client)
    path = f"/people/{person['id']}"
    token = await reset(committed_client, person)
    await committed_client.post(f"{path}/deactivate")
    assert (await sign_in(committed_client, PASSWORD)).status_code == 400
    assert (await accept(committed_client, token)).status_code == 422
    answer = await committed_client.post(f"{path}/reset-password")
    assert (answer.status_code, answer.json()["code"]) == (409, "PERSON_INACTIVE")
    await committed_client.post(f"{path}/reactivate")
    assert (await sign_in(committed_client, PASSWORD)).status_code == 200


async def test_a_link_is_no_way_up(committed_client: AsyncClient, tenant: UUID) -> None:
    pay = await create_role(committed_client, "PAYER", "rms.payment.write")
    person = await create_person(committed_client, role_ids=[pay["id"]])
    clerk = tokens.bearer(tenant, scope="org.person.write mtl.*")
    for move in ("invite", "reset-password"):
        answer = await committed_client.post(
            f"/people/{person['id']}/{move}", json={}, headers=clerk
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "SCOPES_NOT_HELD")


async def test_without_a_username_there_is_nothing_to_reset(committed_client: AsyncClient) -> None:
    person = await add_person(committed_client)
    answer = await committed_client.post(f"/people/{person['id']}/reset-password")
    assert (answer.status_code, answer.json()["code"]) == (409, "NO_LOGIN")
    await create_person(committed_client)
    taken = await committed_client.post(
        f"/people/{person['id']}/invite", json={"username": "li.na"}
    )
    assert codes(taken) == {("/username", "USERNAME_TAKEN")}


async def test_an_admins_new_link_replaces_the_oldest(
    committed_client: AsyncClient, committed: Committed
) -> None:
    person = await create_person(committed_client)
    given = [await reset(committed_client, person) for _ in range(6)]
    assert await links(committed) == 5
    assert (await accept(committed_client, given[0])).status_code == 422
    assert (await accept(committed_client, given[1])).status_code == 204


async def test_nobody_keeps_others_from_a_link(
    committed_client: AsyncClient, committed: Committed
) -> None:
    """Whoever asks in another's name takes the place of no administrator's link, nor it his."""
    person = await create_person(committed_client)
    first = await reset(committed_client, person)
    with capture_logs() as logged:
        for _ in range(7):
            body = {"username": "li.na"}
            await committed_client.post("/password-links", json=body, headers=NOBODY)
    asked = [one["token"] for one in logged if one["event"] == "password_reset_requested"]
    assert len(asked) == 5
    for _ in range(4):
        await reset(committed_client, person)
    invited = await committed_client.post(f"/people/{person['id']}/invite", json={})
    assert (invited.status_code, await links(committed)) == (201, 11)
    await reset(committed_client, person)  # the sixth of an administrator's: the first is closed
    assert await links(committed) == 11
    assert (await accept(committed_client, first)).status_code == 422
    assert (await accept(committed_client, asked[0])).status_code == 204
    assert await links(committed) == 0


async def test_a_replayed_answer_is_without_the_token(
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


async def test_a_forgotten_password_tells_nobody_who_is_known(
    committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    with capture_logs() as logged:
        answers = [
            await committed_client.post("/password-links", json={"username": name}, headers=NOBODY)
            for name in ("li.na", "nobody")
        ]
    assert {(a.status_code, a.content) for a in answers} == {(202, answers[0].content)}
    [line] = [one for one in logged if one["event"] == "password_reset_requested"]
    assert line["username"] == "li.na"
    assert await links(committed) == 1
    assert (await accept(committed_client, line["token"])).status_code == 204
    assert (await sign_in(committed_client, OTHER)).status_code == 200


async def test_my_own_password(committed_client: AsyncClient, tenant: UUID) -> None:
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
    braked = await committed_client.post("/me/password", json=body, headers=me)
    assert (braked.status_code, braked.json()["code"]) == (429, "LOGIN_BRAKED")


@pytest.mark.parametrize("sub", ["x", "01990000-0000-7000-8000-00000000abcd"])
async def test_who_has_no_password_here(
    committed_client: AsyncClient, tenant: UUID, sub: str
) -> None:
    body = {"current_password": PASSWORD, "new_password": OTHER}
    stranger = tokens.bearer(tenant, sub=sub)
    answer = await committed_client.post("/me/password", json=body, headers=stranger)
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
async def test_bad_bodies(
    committed_client: AsyncClient, path: str, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    answer = await committed_client.post(path, json=body, headers=NOBODY)
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected
