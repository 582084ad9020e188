"""A duplicate error discloses the existing lead only to callers who see it."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import CONTACT, counts, finish_import
from testkit.directory import Company, sign_in
from testkit.plugin import PublishedFacts

SELLER = "mtl.lead.read mtl.lead.write mtl.import.read mtl.import.write"


@pytest.fixture
async def lead_of_li(client: AsyncClient, tx: AsyncConnection, tenant: UUID) -> str:
    """A lead that li owns; the client is signed in as zheng afterwards."""
    await Company(tx).build()
    client.headers.update(sign_in(tenant, "li", scope=SELLER))
    answer = await client.post("/leads", json=CONTACT)
    assert answer.status_code == 201, answer.text
    client.headers.update(sign_in(tenant, "zheng", scope=SELLER))
    lead_id: str = answer.json()["id"]
    return lead_id


def disclosed(answer: Response) -> dict[str, Any]:
    """The parameters of an error for a duplicate; its code says whether there are any."""
    problem = answer.json()
    params: dict[str, Any] = problem["params"]
    code = "LEAD_DUPLICATE" if params else "LEAD_DUPLICATE_HIDDEN"
    assert (answer.status_code, problem["code"]) == (409, code), answer.text
    return params


async def test_capture_edit_and_upsert_hide_a_lead_that_the_caller_does_not_see(
    client: AsyncClient, tenant: UUID, lead_of_li: str
) -> None:
    mine = (await client.post("/leads", json={"company": "远景科技"})).json()["id"]
    path = f"/leads/{mine}"
    phone = {"phone": CONTACT["phone"]}
    upsert_path = "/leads/by-external-id/sap/1"
    assert disclosed(await client.post("/leads", json=phone)) == {}
    assert disclosed(await client.patch(path, json=phone)) == {}
    assert disclosed(await client.put(upsert_path, json=CONTACT)) == {}
    for name in ("li", "sun", "zhao"):
        headers = sign_in(tenant, name, scope=SELLER)
        expected = {"lead_id": lead_of_li, "matched": "phone"}
        assert disclosed(await client.post("/leads", json=phone, headers=headers)) == expected
        assert disclosed(await client.put(upsert_path, json=CONTACT, headers=headers)) == expected


async def test_a_restore_hides_a_lead_that_the_caller_does_not_see(
    client: AsyncClient, tenant: UUID, lead_of_li: str
) -> None:
    """Zheng's lead had the email until its deletion; li's lead has it now."""
    mine = (await client.post("/leads", json={"email": "z@example.com"})).json()["id"]
    assert (await client.delete(f"/leads/{mine}")).status_code == 204
    headers = sign_in(tenant, "li", scope=SELLER)
    edited = await client.patch(
        f"/leads/{lead_of_li}", json={"email": "z@example.com"}, headers=headers
    )
    assert edited.status_code == 200, edited.text
    assert disclosed(await client.post(f"/leads/{mine}/restore")) == {}


@pytest.mark.usefixtures("lead_of_li")
async def test_an_import_hides_a_lead_that_the_caller_does_not_see(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    rows = f"name,phone,email\n甲,{CONTACT['phone']},\n乙,13900139000,\n丙,13900139000,\n".encode()
    ended = await finish_import(client, tx, tenant, rows)
    assert ended["counts"] == counts(created=1, refused=2)
    refused = (await client.get(f"/imports/{ended['id']}/refusals")).json()["items"]
    [hidden], [visible] = (row["errors"] for row in refused)
    assert (hidden["code"], hidden["column"], hidden["params"]) == (
        "LEAD_DUPLICATE_HIDDEN",
        None,
        {},
    )
    [mine] = (await client.get("/leads")).json()["items"]
    assert (visible["column"], visible["params"]) == (
        "phone",
        {"lead_id": mine["id"], "matched": "phone"},
    )


@pytest.mark.parametrize(("scope", "sees_all"), [("", False), (" l2o.account.all", True)])
async def test_the_converted_event_says_whether_the_caller_sees_every_account(
    client: AsyncClient,
    tenant: UUID,
    lead_of_li: str,
    published: PublishedFacts,
    scope: str,
    sees_all: bool,
) -> None:
    headers = sign_in(tenant, "li", scope=SELLER + scope)
    for move in ("qualify", "convert"):
        answer = await client.post(f"/leads/{lead_of_li}/{move}", headers=headers)
        assert answer.is_success, answer.text
    assert (await published())[-1].payload["sees_all"] is sees_all
