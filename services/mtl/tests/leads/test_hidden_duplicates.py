"""A lead that is there already is named to whoever sees it, and to nobody else."""

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
async def li(client: AsyncClient, tx: AsyncConnection, tenant: UUID) -> str:
    """A lead of li's; from here on it is zheng who asks."""
    await Company(tx).build()
    client.headers.update(sign_in(tenant, "li", scope=SELLER))
    answer = await client.post("/leads", json=CONTACT)
    assert answer.status_code == 201, answer.text
    client.headers.update(sign_in(tenant, "zheng", scope=SELLER))
    lead_id: str = answer.json()["id"]
    return lead_id


def told(answer: Response) -> dict[str, Any]:
    """What the refusal says of the lead that is there."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "LEAD_DUPLICATE"), answer.text
    params: dict[str, Any] = problem["params"]
    return params


async def test_captured_edited_and_written_by_name(
    client: AsyncClient, tenant: UUID, li: str
) -> None:
    mine = (await client.post("/leads", json={"company": "远景科技"})).json()["id"]
    path = f"/leads/{mine}"
    phone = {"phone": CONTACT["phone"]}
    named = "/leads/by-external-id/sap/1"
    assert told(await client.post("/leads", json=phone)) == {}
    assert told(await client.patch(path, json=phone)) == {}
    assert told(await client.put(named, json=CONTACT)) == {}
    for name in ("li", "sun", "zhao"):
        headers = sign_in(tenant, name, scope=SELLER)
        seen = {"lead_id": li, "matched": "phone"}
        assert told(await client.post("/leads", json=phone, headers=headers)) == seen
        assert told(await client.put(named, json=CONTACT, headers=headers)) == seen


async def test_restored(client: AsyncClient, tenant: UUID, li: str) -> None:
    """Zheng had the mail until he deleted his lead; li's has it since."""
    mine = (await client.post("/leads", json={"email": "z@example.com"})).json()["id"]
    assert (await client.delete(f"/leads/{mine}")).status_code == 204
    headers = sign_in(tenant, "li", scope=SELLER)
    edited = await client.patch(f"/leads/{li}", json={"email": "z@example.com"}, headers=headers)
    assert edited.status_code == 200, edited.text
    assert told(await client.post(f"/leads/{mine}/restore")) == {}


@pytest.mark.usefixtures("li")
async def test_imported(client: AsyncClient, tx: AsyncConnection, tenant: UUID) -> None:
    rows = f"name,phone,email\n甲,{CONTACT['phone']},\n乙,13900139000,\n丙,13900139000,\n".encode()
    ended = await finish_import(client, tx, tenant, rows)
    assert ended["counts"] == counts(created=1, refused=2)
    refused = (await client.get(f"/imports/{ended['id']}/refusals")).json()["items"]
    [hidden], [seen] = (one["errors"] for one in refused)
    assert (hidden["code"], hidden["column"], hidden["params"]) == ("LEAD_DUPLICATE", None, {})
    [mine] = (await client.get("/leads")).json()["items"]
    assert (seen["column"], seen["params"]) == (
        "phone",
        {"lead_id": mine["id"], "matched": "phone"},
    )


@pytest.mark.parametrize(("scope", "sees_all"), [("", False), (" l2o.account.all", True)])
async def test_a_conversion_says_whether_every_account_is_seen(
    client: AsyncClient,
    tenant: UUID,
    li: str,
    published: PublishedFacts,
    scope: str,
    sees_all: bool,
) -> None:
    headers = sign_in(tenant, "li", scope=SELLER + scope)
    for move in ("qualify", "convert"):
        answer = await client.post(f"/leads/{li}/{move}", headers=headers)
        assert answer.is_success, answer.text
    assert (await published())[-1].payload["sees_all"] is sees_all
