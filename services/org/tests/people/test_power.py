"""Who administers people neither becomes one of them, nor takes from them what he lacks."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from services.org.tests.factories import (
    add_person,
    codes,
    create_client,
    create_role,
)
from testkit import tokens


async def admin_of(client: AsyncClient) -> list[dict[str, Any]]:
    """Two people who may pay: by a role, and by a scope of their own."""
    payer = await create_role(client, "PAYER", "rms.payment.write")
    return [
        await add_person(client, role_ids=[payer["id"]]),
        await add_person(client, scopes=["rms.payment.write"]),
    ]


def clerk(tenant: UUID, more: str = "") -> dict[str, str]:
    return tokens.bearer(tenant, scope=f"org.person.write org.person.read {more}")


async def test_nobody_becomes_who_may_more(client: AsyncClient, tenant: UUID) -> None:
    for person in await admin_of(client):
        path, body = f"/people/{person['id']}", {"subject": f"idp|{person['id']}"}
        refused = await client.patch(path, json=body, headers=clerk(tenant))
        assert (refused.status_code, refused.json()["code"]) == (403, "SCOPES_NOT_HELD")
        assert refused.json()["params"] == {"scopes": ["rms.payment.write"]}
        fine = await client.patch(path, json=body, headers=clerk(tenant, "rms.payment.write"))
        assert (fine.status_code, fine.json()["subject"]) == (200, body["subject"])


async def test_nobody_disarms_who_may_more(client: AsyncClient, tenant: UUID) -> None:
    _, by_scope = await admin_of(client)
    path = f"/people/{by_scope['id']}"
    refused = await client.patch(path, json={"scopes": []}, headers=clerk(tenant))
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPES_NOT_HELD")
    fine = await client.patch(path, json={"scopes": []}, headers=clerk(tenant, "rms.*"))
    assert fine.status_code == 200


async def test_administrators_are_shut_out_by_their_like(client: AsyncClient, tenant: UUID) -> None:
    keeper = await create_role(client, "KEEPER", "org.role.write")
    for person in (
        await add_person(client, role_ids=[keeper["id"]]),
        await add_person(client, scopes=["org.role.write"]),
        await add_person(client, scopes=["*"]),
    ):
        for move in ("deactivate", "reactivate"):
            path = f"/people/{person['id']}/{move}"
            refused = await client.post(path, headers=clerk(tenant))
            assert (refused.status_code, refused.json()["code"]) == (403, "SCOPES_NOT_HELD")
            assert (await client.post(path)).status_code == 200
    for person in await admin_of(client):  # who pays, but looks after nobody
        for move in ("deactivate", "reactivate"):
            path = f"/people/{person['id']}/{move}"
            assert (await client.post(path, headers=clerk(tenant))).status_code == 200


@pytest.mark.parametrize("again", ["idp|1", "idp|2", None])
async def test_a_subject_is_one_persons_for_ever(client: AsyncClient, again: str | None) -> None:
    """Records and tokens go by it: whoever got it later would be who had it before."""
    first = await add_person(client, subject="idp|1")
    path = f"/people/{first['id']}"
    for subject in ("idp|2", None, "idp|3"):
        assert (await client.patch(path, json={"subject": subject})).status_code == 200
    second = await add_person(client)
    wanted = again or first["id"]
    for answer in (
        await client.post("/people", json={"name": "N", "subject": wanted}),
        await client.patch(f"/people/{second['id']}", json={"subject": wanted}),
    ):
        assert answer.status_code == 422, answer.text
        assert codes(answer) == {("/subject", "SUBJECT_TAKEN")}
    own = await client.patch(path, json={"subject": again})
    assert (own.status_code, own.json()["subject"]) == (200, wanted)


async def test_a_subject_is_no_client_and_no_one_elses_id(client: AsyncClient) -> None:
    machine = await create_client(client)
    elsewhere = await add_person(client, subject="idp|1")  # whose id was never a subject
    for wanted in (machine["id"], elsewhere["id"]):
        answer = await client.post("/people", json={"name": "N", "subject": wanted})
        assert codes(answer) == {("/subject", "SUBJECT_TAKEN")}
