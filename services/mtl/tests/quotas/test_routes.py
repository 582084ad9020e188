"""Quotas: whom they concern, and that no way of getting a lead passes them."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import create_qualified, finish_import, problem, violations
from services.mtl.tests.pools.factories import make_pool, put_in, set_quota, signed_in
from testkit.directory import Company, subject


@pytest.fixture(autouse=True)
async def company(tx: AsyncConnection) -> Company:
    return await Company(tx).build()


async def use_of(client: AsyncClient, name: str, **headers: Any) -> dict[str, Any]:
    answer = await client.get(f"/quotas/use?holder_id={subject(name)}", **headers)
    assert answer.status_code == 200, answer.text
    use: dict[str, Any] = answer.json()
    return use


async def own(client: AsyncClient, headers: dict[str, str], **fields: Any) -> str:
    answer = await client.post("/leads", json={"company": "a", **fields}, headers=headers)
    assert answer.status_code == 201, answer.text
    lead_id: str = answer.json()["id"]
    return lead_id


async def test_persons_come_before_departments_and_these_before_everybody(
    client: AsyncClient,
) -> None:
    await set_quota(client, holding_limit=50, daily_claim_limit=3)
    await set_quota(client, department="sales", holding_limit=80)
    await set_quota(client, department="team A", daily_claim_limit=7)
    mine = await set_quota(client, person="li", holding_limit=10, note="试用")
    limits = {
        name: (use["holding_limit"], use["daily_claim_limit"])
        for name in ("li", "zhou", "zheng", "bei")
        if (use := await use_of(client, name))
    }
    assert limits == {"li": (10, 7), "zhou": (80, 7), "zheng": (80, 3), "bei": (50, 3)}
    await client.patch(f"/quotas/{mine}", json={"holding_limit": None})
    assert (await use_of(client, "li"))["holding_limit"] == 80
    await client.patch(f"/quotas/{mine}", json={"holding_limit": 0})
    assert (await use_of(client, "li"))["holding_left"] == 0
    await client.delete(f"/quotas/{mine}")
    assert (await use_of(client, "li"))["holding_left"] == 80


async def test_everything_wrong_with_a_quota_is_said(client: AsyncClient) -> None:
    body = {"holding_limit": -1, "daily_claim_limit": "3"}
    assert violations(await client.post("/quotas", json=body)) == {
        ("/holding_limit", "TOO_SMALL"),
        ("/daily_claim_limit", "TYPE_INVALID"),
    }
    nobody = "01990000-0000-7000-8000-000000000099"
    for sent, found in (
        ({"holder_id": "x", "department_id": nobody}, ("", "QUOTA_FOR_TWO")),
        ({"holder_id": "x"}, ("/holder_id", "OWNER_UNKNOWN")),
        ({"department_id": nobody}, ("/department_id", "DEPARTMENT_UNKNOWN")),
    ):
        assert violations(await client.post("/quotas", json=sent)) == {found}


async def test_sellers_see_their_own_use_and_set_nothing(client: AsyncClient, tenant: UUID) -> None:
    await set_quota(client, person="li", holding_limit=2, daily_claim_limit=4)
    li = signed_in(tenant, "li")
    await own(client, li)
    use = await use_of(client, "li", headers=li)
    assert (use["held"], use["holding_left"], use["claims_left"]) == (1, 1, 4)
    assert use["holder_name"] == "li"
    other = await client.get(f"/quotas/use?holder_id={subject('zheng')}", headers=li)
    assert problem(other) == (404, "QUOTA_NOT_FOUND")
    assert (await use_of(client, "li", headers=signed_in(tenant, "sun")))["held"] == 1
    for method, path in (("GET", "/quotas"), ("POST", "/quotas")):
        refused = await client.request(method, path, json={}, headers=li)
        assert problem(refused) == (403, "SCOPE_MISSING")


async def test_converted_and_invalid_leads_do_not_count_and_sleeping_ones_do(
    client: AsyncClient, tenant: UUID
) -> None:
    li = signed_in(tenant, "li")
    await set_quota(client, person="li", holding_limit=2)
    first, second = await own(client, li), await own(client, li)
    full = await client.post("/leads", json={"company": "b"}, headers=li)
    assert problem(full) == (409, "HOLDING_FULL")
    await client.post(f"/leads/{first}/nurture", json={"wakes_on": "2027-03-01"}, headers=li)
    assert (await use_of(client, "li"))["held"] == 2
    await client.post(f"/leads/{first}/disqualify", json={"reason": "SPAM"}, headers=li)
    await client.post(f"/leads/{second}/qualify", headers=li)
    await client.post(f"/leads/{second}/convert", headers=li)
    assert (await use_of(client, "li"))["held"] == 0


async def test_reopening_and_restoring_count_anew(client: AsyncClient, tenant: UUID) -> None:
    li = signed_in(tenant, "li")
    await set_quota(client, person="li", holding_limit=1)
    lead_id = await own(client, li)
    await client.post(f"/leads/{lead_id}/disqualify", json={"reason": "SPAM"}, headers=li)
    deleted = await own(client, li)
    refused = await client.post(f"/leads/{lead_id}/reopen", headers=li)
    assert problem(refused) == (409, "HOLDING_FULL")
    await client.delete(f"/leads/{deleted}", headers=li)
    assert (await client.post(f"/leads/{lead_id}/reopen", headers=li)).status_code == 200
    restored = await client.post(f"/leads/{deleted}/restore", headers=li)
    assert problem(restored) == (409, "HOLDING_FULL")


async def test_only_who_administrates_all_leads_transfers_beyond_a_quota(
    client: AsyncClient, tenant: UUID
) -> None:
    await set_quota(client, person="li", holding_limit=1)
    sun = signed_in(tenant, "sun")
    first, second, third = [await own(client, sun) for _ in range(3)]
    body = {"owner_id": subject("li")}
    fits = await client.post(f"/leads/{first}/transfer", json=body, headers=sun)
    assert fits.status_code == 200
    full = await client.post(f"/leads/{second}/transfer", json=body, headers=sun)
    assert problem(full) == (409, "HOLDING_FULL")
    many = await client.post("/leads/transfer", json={**body, "ids": [second]}, headers=sun)
    [result] = many.json()["items"]
    assert (result["status"], result["problem"]["code"]) == (409, "HOLDING_FULL")
    assert (await client.post(f"/leads/{third}/transfer", json=body)).status_code == 200
    assert (await use_of(client, "li"))["holding_left"] == 0


async def test_a_manager_at_the_limit_creates_leads_for_others(
    client: AsyncClient, tenant: UUID
) -> None:
    await set_quota(client, person="sun", holding_limit=0)
    await set_quota(client, person="zhou", holding_limit=0)
    sun = signed_in(tenant, "sun")
    await own(client, sun, owner_id=subject("li"))
    full = await client.post(
        "/leads", json={"company": "a", "owner_id": subject("zhou")}, headers=sun
    )
    assert problem(full) == (409, "HOLDING_FULL")
    assert problem(await client.post("/leads", json={"company": "a"}, headers=sun))[0] == 409


async def test_imported_leads_beyond_a_quota_stand_in_the_queue(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await set_quota(client, person="li", holding_limit=2)
    content = "company,owner\n" + "".join(f"公司{n},li\n" for n in range(5))
    ended = await finish_import(client, tx, tenant, content.encode())
    assert ended["counts"]["created"] == 5, ended
    owned = (await client.get(f"/leads?owner_id={subject('li')}")).json()["items"]
    queued = (await client.get("/leads?assignment_status=UNASSIGNED")).json()["items"]
    assert (len(owned), len(queued)) == (2, 3)
    assert {one["unassigned_reason"] for one in queued} == {"OWNER_FULL"}


async def test_without_quotas_nothing_is_limited(client: AsyncClient, tenant: UUID) -> None:
    li = signed_in(tenant, "li")
    await own(client, li)
    use = await use_of(client, "li")
    assert (use["held"], use["holding_limit"], use["holding_left"]) == (1, None, None)
    assert (use["claims_left"], use["claimed_today"]) == (None, 0)
    await create_qualified(client, company="x")
    assert (await client.get(f"/pools/{await make_pool(client)}/leads")).json()["items"] == []
    await put_in(client, await make_pool(client))
