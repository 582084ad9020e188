"""Ownership of leads: visibility, sharing, transfers and their events."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import CONTACT, create, problem, violations
from testkit.directory import Company, directory_id, sign_in, subject
from testkit.plugin import PublishedFacts

SELLER = "mtl.lead.read mtl.lead.write"


@pytest.fixture
async def company(tx: AsyncConnection) -> Company:
    return await Company(tx).build()


@pytest.fixture
def headers(tenant: UUID) -> dict[str, dict[str, str]]:
    """Headers of sellers and department heads, none of whom has a scope to see all leads."""
    return {name: sign_in(tenant, name, scope=SELLER) for name in Company.names}


Headers = dict[str, dict[str, str]]


async def capture(client: AsyncClient, headers: dict[str, str], **fields: Any) -> str:
    answer = await client.post("/leads", json=fields or {"company": "远景科技"}, headers=headers)
    assert answer.status_code == 201, answer.text
    lead_id: str = answer.json()["id"]
    return lead_id


async def listed_ids(client: AsyncClient, headers: dict[str, str], query: str = "") -> set[str]:
    items = (await client.get(f"/leads?{query}", headers=headers)).json()["items"]
    return {item["id"] for item in items}


@pytest.mark.usefixtures("company")
async def test_sellers_see_their_own_leads_and_heads_those_of_their_departments(
    client: AsyncClient, headers: Headers
) -> None:
    lead_of = {name: await capture(client, headers[name]) for name in ("li", "zheng", "wang")}
    assert await listed_ids(client, headers["li"]) == {lead_of["li"]}
    assert await listed_ids(client, headers["sun"]) == {lead_of["li"]}
    assert await listed_ids(client, headers["qian"]) == {lead_of["li"], lead_of["zheng"]}
    assert await listed_ids(client, headers["zhao"]) == set(lead_of.values())
    assert await listed_ids(client, headers["bei"]) == set()
    total = (await client.get("/leads?include_total=true", headers=headers["qian"])).json()["total"]
    assert total == 2
    for verb in ("", "/history", "/audit", "/access", "/owners", "/external-ids"):
        hidden = await client.get(f"/leads/{lead_of['li']}{verb}", headers=headers["zheng"])
        assert problem(hidden) == (404, "LEAD_NOT_FOUND")


@pytest.mark.usefixtures("company")
async def test_a_shared_lead_can_be_read_but_not_changed(
    client: AsyncClient, headers: Headers
) -> None:
    lead_id = await capture(client, headers["li"])
    path = f"/leads/{lead_id}"
    share = f"{path}/shares/PERSON/{directory_id('zheng')}"
    assert (await client.put(share, json={}, headers=headers["li"])).status_code == 200
    assert await listed_ids(client, headers["zheng"]) == {lead_id}
    changes: list[tuple[str, str, Any]] = [
        ("PATCH", "", {"company": "A"}),
        ("DELETE", "", None),
        ("POST", "/qualify", None),
        ("POST", "/disqualify", {"reason": "SPAM"}),
        ("POST", "/restore", None),
        ("POST", "/convert", None),
        ("POST", "/transfer", {"owner_id": subject("zheng")}),
    ]
    for method, verb, body in changes:
        answer = await client.request(method, path + verb, json=body, headers=headers["zheng"])
        assert problem(answer) == (403, "RECORD_READ_ONLY"), verb


@pytest.mark.usefixtures("company")
async def test_a_transferred_lead_is_visible_to_its_new_owner_only(
    client: AsyncClient, headers: Headers, published: PublishedFacts
) -> None:
    lead_id = await capture(client, headers["li"])
    path = f"/leads/{lead_id}"
    body = {"owner_id": subject("zheng"), "reason": "调岗"}
    stale = {**headers["li"], "If-Match": '"7"'}
    refused = await client.post(f"{path}/transfer", json=body, headers=stale)
    assert problem(refused) == (412, "STALE_COPY")
    transferred = (await client.post(f"{path}/transfer", json=body, headers=headers["li"])).json()
    assert (transferred["owner_id"], transferred["owner_name"]) == (subject("zheng"), "zheng")
    assert problem(await client.get(path, headers=headers["li"])) == (404, "LEAD_NOT_FOUND")
    assert await listed_ids(client, headers["zheng"]) == {lead_id}
    event = (await published())[-1]
    assert (event.type, event.sequence) == ("mtl.lead.assigned.v1", 2)
    assert event.payload["from_owner_id"] == event.payload["assigned_by"] == subject("li")
    assert event.payload["lead"]["owner_id"] == subject("zheng")
    [change] = (await client.get(f"{path}/owners", headers=headers["zheng"])).json()["items"]
    assert (change["from_owner_id"], change["reason"]) == (subject("li"), "调岗")
    again = await client.post(f"{path}/transfer", json=body, headers=headers["zheng"])
    assert again.json()["version"] == 2
    assert len(await published()) == 2


async def test_converted_and_disqualified_leads_can_be_transferred_but_not_deleted_ones(
    client: AsyncClient, headers: Headers, company: Company
) -> None:
    """The former owner has left the company."""
    converted, disqualified, deleted = [await capture(client, headers["li"]) for _ in range(3)]
    await client.post(f"/leads/{converted}/qualify", headers=headers["li"])
    await client.post(f"/leads/{converted}/convert", headers=headers["li"])
    await client.post(
        f"/leads/{disqualified}/disqualify", json={"reason": "SPAM"}, headers=headers["li"]
    )
    await client.delete(f"/leads/{deleted}", headers=headers["li"])
    await company.person("li", active=False)
    body = {"owner_id": subject("zhou"), "ids": [converted, disqualified, deleted]}
    answer = await client.post("/leads/transfer", json=body)
    statuses = {item["id"]: item["status"] for item in answer.json()["items"]}
    assert statuses == {converted: 200, disqualified: 200, deleted: 404}
    assert await listed_ids(client, headers["zhou"]) == {converted, disqualified}


async def test_a_lead_is_created_only_for_an_active_person(
    client: AsyncClient, company: Company
) -> None:
    await company.person("zhou", active=False)
    lead = await create(client, company="远景科技", owner_id=subject("li"))
    assert lead["owner_id"] == subject("li")
    for name, code in (("zhou", "OWNER_INACTIVE"), ("nobody", "OWNER_UNKNOWN")):
        refused = await client.post("/leads", json={**CONTACT, "owner_id": subject(name)})
        assert (refused.status_code, violations(refused)) == (422, {("/owner_id", code)})
    await create(client, **CONTACT)


async def test_a_lead_follows_its_owner_to_another_department(
    client: AsyncClient, headers: Headers, company: Company
) -> None:
    lead_id = await capture(client, headers["li"])
    await company.person("li", "team B")
    assert problem(await client.get(f"/leads/{lead_id}", headers=headers["sun"]))[0] == 404
    assert (await client.get(f"/leads/{lead_id}", headers=headers["wu"])).status_code == 200


@pytest.mark.usefixtures("company")
async def test_creating_a_lead_for_somebody_publishes_an_assignment(
    client: AsyncClient, headers: Headers, published: PublishedFacts
) -> None:
    """The caller is its first owner, so event and history name where the lead came from."""
    created = await client.post(
        "/leads", json={**CONTACT, "owner_id": subject("zheng")}, headers=headers["li"]
    )
    assert (created.status_code, created.json()["owner_id"]) == (201, subject("zheng"))
    published_events = [(event.type, event.sequence) for event in await published()]
    assert published_events == [("mtl.lead.captured.v1", 1), ("mtl.lead.assigned.v1", 2)]
    assigned = (await published())[1].payload
    assert (assigned["from_owner_id"], assigned["assigned_by"]) == (subject("li"), subject("li"))
    assert created.headers["ETag"] == '"2"'
    path = f"/leads/{created.json()['id']}"
    assert (await client.get(path, headers=headers["li"])).status_code == 404
    [change] = (await client.get(f"{path}/owners", headers=headers["zheng"])).json()["items"]
    assert change["to_owner_id"] == subject("zheng")
