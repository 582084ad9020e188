"""Withdrawn rights: old tokens are refused, and grants are judged by what org's tables hold."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from kernel.ids import new_id
from services.org.tests.factories import (
    PASSWORD,
    add_person,
    create_client,
    create_person,
    create_role,
)
from testkit import tokens
from testkit.plugin import PublishedFacts

REVOKED = "org.principal.revoked.v1"


def refusal(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def add_administrator(client: AsyncClient) -> dict[str, Any]:
    """Create a second administrator, whose power comes from a role."""
    role = await create_role(client, "BOSS", "*")
    return await create_person(client, scopes=[], role_ids=[role["id"]])


async def test_power_taken_away_is_not_given_back_by_the_old_token(
    client: AsyncClient, tenant: UUID
) -> None:
    boss = await add_administrator(client)
    path, old = f"/people/{boss['id']}", tokens.bearer(tenant, sub=boss["id"])
    assert (await client.patch(path, json={"role_ids": []})).status_code == 200
    role = {"code": "MINE", "name": "x", "scopes": ["*"]}
    attempts = [
        await client.patch(path, json={"role_ids": boss["role_ids"]}, headers=old),
        await client.patch(path, json={"scopes": ["*"]}, headers=old),
        await client.post("/clients", json={"name": "x", "scopes": ["*"]}, headers=old),
        await client.post("/roles", json=role, headers=old),
        await client.get("/people", headers=old),
    ]
    assert [refusal(each) for each in attempts] == [(401, "TOKEN_REVOKED")] * 5
    new = tokens.bearer(tenant, sub=boss["id"])  # of an issuer that does not know of it yet
    again = await client.patch(path, json={"role_ids": boss["role_ids"]}, headers=new)
    assert refusal(again) == (403, "SCOPES_NOT_HELD")
    assert (await client.get(path, headers=new)).json()["role_ids"] == []


async def test_a_deactivated_administrator_cannot_come_back(
    client: AsyncClient, tenant: UUID
) -> None:
    boss = await add_administrator(client)
    path, old = f"/people/{boss['id']}", tokens.bearer(tenant, sub=boss["id"])
    assert (await client.post(f"{path}/deactivate")).status_code == 200
    attempts = [
        await client.post(f"{path}/reactivate", headers=old),
        await client.post("/clients", json={"name": "x", "scopes": ["*"]}, headers=old),
    ]
    assert [refusal(each) for each in attempts] == [(403, "PERSON_INACTIVE")] * 2
    assert (await client.post(f"{path}/reactivate")).status_code == 200
    assert refusal(await client.get("/people", headers=old)) == (401, "TOKEN_REVOKED")
    new = tokens.bearer(tenant, sub=boss["id"])
    assert (await client.get("/people", headers=new)).status_code == 200


async def test_only_what_org_knows_counts_for_granting(client: AsyncClient, tenant: UUID) -> None:
    """A token of another issuer may say `*`: unknown callers and narrower people grant nothing."""
    clerk = await add_person(client, scopes=["org.person.write"])
    for sub in (str(new_id()), clerk["id"]):
        headers = tokens.bearer(tenant, sub=sub)
        answer = await client.post("/people", json={"name": "x", "scopes": ["*"]}, headers=headers)
        assert refusal(answer) == (403, "SCOPES_NOT_HELD")
    narrow = tokens.bearer(tenant, scope="org.person.write")  # of a caller who holds everything
    answer = await client.post("/people", json={"name": "x", "scopes": ["mtl.*"]}, headers=narrow)
    assert refusal(answer) == (403, "SCOPES_NOT_HELD")


@pytest.mark.parametrize(
    ("changes", "revoked"),
    [
        ({"scopes": ["mtl.lead.read"]}, True),
        ({"scopes": ["mtl.*"]}, False),  # more than before
        ({"role_ids": []}, True),
        ({"subject": "idp|li"}, True),
        ({"name": "李娜娜", "phone": "13800138000"}, False),
    ],
)
async def test_an_edit_revokes_tokens_only_if_it_takes_something_away(
    client: AsyncClient,
    tenant: UUID,
    published: PublishedFacts,
    changes: dict[str, Any],
    revoked: bool,  # a parameter of the test
) -> None:
    role = await create_role(client, "PAYER", "rms.payment.write")
    person = await create_person(client, role_ids=[role["id"]])
    old = tokens.bearer(tenant, sub=person["id"], scope="org.person.read")
    answer = await client.patch(f"/people/{person['id']}", json=changes)
    assert answer.status_code == 200, answer.text
    status = (await client.get("/people", headers=old)).status_code
    events = [fact for fact in await published() if fact.type == REVOKED]
    assert (status, len(events)) == ((401, 1) if revoked else (200, 0))
    assert all(fact.payload["principal"]["subject"] == person["id"] for fact in events)


async def test_a_role_that_loses_a_scope_revokes_the_tokens_of_its_holders(
    client: AsyncClient, tenant: UUID, published: PublishedFacts
) -> None:
    role = await create_role(client, "PAYER", "rms.payment.write", "rms.payment.read")
    holders = [await add_person(client, f"P{n}", role_ids=[role["id"]]) for n in range(2)]
    other = await add_person(client, "O", scopes=["rms.payment.write"])
    old = {
        each["id"]: tokens.bearer(tenant, sub=each["id"], scope="org.person.read")
        for each in (*holders, other)
    }
    path = f"/roles/{role['id']}"
    more = ["rms.payment.read", "rms.payment.write", "rms.order.read"]
    assert (await client.patch(path, json={"scopes": more})).status_code == 200
    assert [fact.type for fact in await published()].count(REVOKED) == 0
    assert (await client.patch(path, json={"scopes": more[:1]})).status_code == 200
    statuses = [(await client.get("/people", headers=each)).status_code for each in old.values()]
    assert statuses == [401, 401, 200]


@pytest.mark.parametrize("how", ["scopes", "deactivate", "rotate-secret"])
async def test_tokens_of_a_client_are_revoked(client: AsyncClient, tenant: UUID, how: str) -> None:
    erp = await create_client(client, scopes=["org.person.read", "org.role.read"])
    headers = tokens.bearer(tenant, sub=erp["id"], kind="client", scope="org.person.read")
    assert (await client.get("/people", headers=headers)).status_code == 200
    path = f"/clients/{erp['id']}"
    if how == "scopes":
        answer = await client.patch(path, json={"scopes": ["org.role.read"]})
    else:
        answer = await client.post(f"{path}/{how}")
    assert answer.status_code == 200, answer.text
    assert (await client.get("/people", headers=headers)).status_code in (401, 403)
    if how == "deactivate":
        await client.post(f"{path}/reactivate")
        assert refusal(await client.get("/people", headers=headers)) == (401, "TOKEN_REVOKED")


async def test_a_new_password_revokes_tokens(committed_client: AsyncClient, tenant: UUID) -> None:
    person = await create_person(committed_client)
    old = [tokens.bearer(tenant, sub=person["id"], scope="org.person.read")]
    body = {"current_password": PASSWORD, "new_password": "battery staple"}
    changed = await committed_client.post("/me/password", json=body, headers=old[0])
    assert changed.status_code == 204
    old.append(tokens.bearer(tenant, sub=person["id"], scope="org.person.read"))
    assert [(await committed_client.get("/people", headers=each)).status_code for each in old] == [
        401,
        200,
    ]
    link = await committed_client.post(f"/people/{person['id']}/reset-password")
    accepted = {"token": link.json()["token"], "password": PASSWORD}
    answer = await committed_client.post("/password-links/accept", json=accepted)
    assert answer.status_code == 204, answer.text
    assert refusal(await committed_client.get("/people", headers=old[1])) == (401, "TOKEN_REVOKED")


async def test_a_password_link_counts_while_its_issuer_could_issue_it(
    committed_client: AsyncClient, tenant: UUID
) -> None:
    """Neither an administrator who left nor one who is outranked by now may set the password."""
    clerk = await add_person(committed_client, "C", scopes=["org.person.write", "mtl.*"])
    headers = tokens.bearer(tenant, sub=clerk["id"], scope="org.person.write mtl.*")
    person = await create_person(committed_client)
    for change in ("promote", "deactivate"):
        path = f"/people/{person['id']}/reset-password"
        link = (await committed_client.post(path, headers=headers)).json()["token"]
        if change == "promote":
            promoted = f"/people/{person['id']}"
            await committed_client.patch(promoted, json={"scopes": ["*"]})
        else:
            await committed_client.post(f"/people/{clerk['id']}/deactivate")
        body = {"token": link, "password": "battery staple"}
        answer = await committed_client.post("/password-links/accept", json=body)
        assert refusal(answer) == (422, "VALIDATION_FAILED"), change
        await committed_client.patch(f"/people/{person['id']}", json={"scopes": ["mtl.lead.read"]})
