"""People administrators cannot exceed their own scopes by way of the people they manage."""

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


async def two_payers(client: AsyncClient) -> list[dict[str, Any]]:
    """Create two people with a payment scope, one by a role and one by a scope of their own."""
    payer = await create_role(client, "PAYER", "rms.payment.write")
    return [
        await add_person(client, role_ids=[payer["id"]]),
        await add_person(client, scopes=["rms.payment.write"]),
    ]


def people_admin(tenant: UUID, more: str = "") -> dict[str, str]:
    return tokens.bearer(tenant, scope=f"org.person.write org.person.read {more}")


async def test_setting_a_subject_needs_all_scopes_of_the_person(
    client: AsyncClient, tenant: UUID
) -> None:
    for person in await two_payers(client):
        path, body = f"/people/{person['id']}", {"subject": f"idp|{person['id']}"}
        refused = await client.patch(path, json=body, headers=people_admin(tenant))
        assert (refused.status_code, refused.json()["code"]) == (403, "SCOPES_NOT_HELD")
        assert refused.json()["params"] == {"scopes": ["rms.payment.write"]}
        accepted = await client.patch(
            path, json=body, headers=people_admin(tenant, "rms.payment.write")
        )
        assert (accepted.status_code, accepted.json()["subject"]) == (200, body["subject"])


async def test_taking_scopes_away_needs_these_scopes(client: AsyncClient, tenant: UUID) -> None:
    _, by_scope = await two_payers(client)
    path = f"/people/{by_scope['id']}"
    refused = await client.patch(path, json={"scopes": []}, headers=people_admin(tenant))
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPES_NOT_HELD")
    accepted = await client.patch(path, json={"scopes": []}, headers=people_admin(tenant, "rms.*"))
    assert accepted.status_code == 200


async def test_deactivating_needs_the_administrative_scopes_of_the_person(
    client: AsyncClient, tenant: UUID
) -> None:
    role = await create_role(client, "KEEPER", "org.role.write")
    for person in (
        await add_person(client, role_ids=[role["id"]]),
        await add_person(client, scopes=["org.role.write"]),
        await add_person(client, scopes=["*"]),
    ):
        for move in ("deactivate", "reactivate"):
            path = f"/people/{person['id']}/{move}"
            refused = await client.post(path, headers=people_admin(tenant))
            assert (refused.status_code, refused.json()["code"]) == (403, "SCOPES_NOT_HELD")
            assert (await client.post(path)).status_code == 200
    for person in await two_payers(client):  # they have no administrative scope
        for move in ("deactivate", "reactivate"):
            path = f"/people/{person['id']}/{move}"
            assert (await client.post(path, headers=people_admin(tenant))).status_code == 200


@pytest.mark.parametrize("again", ["idp|1", "idp|2", None])
async def test_a_former_subject_is_never_given_to_somebody_else(
    client: AsyncClient, again: str | None
) -> None:
    """Records and tokens use the subject, so a new owner would inherit those of the former."""
    first = await add_person(client, subject="idp|1")
    path = f"/people/{first['id']}"
    for subject in ("idp|2", None, "idp|3"):
        assert (await client.patch(path, json={"subject": subject})).status_code == 200
    second = await add_person(client)
    subject = again or first["id"]
    for answer in (
        await client.post("/people", json={"name": "N", "subject": subject}),
        await client.patch(f"/people/{second['id']}", json={"subject": subject}),
    ):
        assert answer.status_code == 422, answer.text
        assert codes(answer) == {("/subject", "SUBJECT_TAKEN")}
    own = await client.patch(path, json={"subject": again})
    assert (own.status_code, own.json()["subject"]) == (200, subject)


async def test_a_subject_is_not_the_id_of_a_client_or_another_person(client: AsyncClient) -> None:
    service_client = await create_client(client)
    elsewhere = await add_person(client, subject="idp|1")  # their id was never a subject
    for subject in (service_client["id"], elsewhere["id"]):
        answer = await client.post("/people", json={"name": "N", "subject": subject})
        assert codes(answer) == {("/subject", "SUBJECT_TAKEN")}
