"""Claims, returns, batches and gifts of pool leads."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import problem, violations
from services.mtl.tests.pools.factories import make_pool, put_in, set_quota, signed_in
from services.mtl.tests.scores.test_rules import RULES, publish
from testkit.directory import Company, directory_id, subject
from testkit.plugin import PublishedFacts, PublishedWork


@pytest.fixture(autouse=True)
async def company(tx: AsyncConnection) -> Company:
    return await Company(tx).build()


async def claim(client: AsyncClient, lead_id: str, headers: dict[str, str]) -> Any:
    return await client.post(f"/leads/{lead_id}/claim", headers=headers)


async def test_a_member_claims_a_lead_and_sees_all_of_it(
    client: AsyncClient, tenant: UUID, published: PublishedFacts
) -> None:
    pool_id = await make_pool(client, "team A")
    lead_id = await put_in(client, pool_id, phone="13800138000")
    li, zhou, zheng = (signed_in(tenant, name) for name in ("li", "zhou", "zheng"))
    assert problem(await claim(client, lead_id, zheng)) == (404, "LEAD_NOT_FOUND")
    claimed = await claim(client, lead_id, li)
    lead = claimed.json()
    assert (claimed.status_code, lead["owner_name"], lead["pool_name"]) == (200, "li", "华东公海")
    assert (lead["phone"], lead["version"]) == ("+8613800138000", 2)
    event = (await published())[-1]
    assert (event.type, event.payload["from_owner_id"]) == ("mtl.lead.assigned.v1", None)
    assert event.payload["lead"]["owner_id"] == subject("li")
    again = await claim(client, lead_id, li)
    assert (again.status_code, again.json()["version"]) == (200, 2)
    late = await claim(client, lead_id, zhou)
    assert problem(late) == (409, "LEAD_CLAIMED")
    assert late.json()["detail"].startswith("Somebody else has this lead already")
    chinese = await client.post(
        f"/leads/{lead_id}/claim", headers={**zhou, "Accept-Language": "zh-CN"}
    )
    assert chinese.json()["detail"] == "该线索已被他人领取。"
    [change] = (await client.get(f"/leads/{lead_id}/owners", headers=li)).json()["items"]
    assert (change["from_owner_id"], change["to_owner_name"]) == (None, "li")
    timeline = (await client.get(f"/leads/{lead_id}/timeline")).json()["items"]
    assert timeline[0]["title"] == "Owner: li"
    assert (await client.get(f"/pools/{pool_id}/leads", headers=li)).json()["items"] == []


async def test_a_returned_lead_waits_again_and_its_task_is_settled(
    client: AsyncClient, tenant: UUID, published_work: PublishedWork
) -> None:
    pool_id = await make_pool(client, "team A")
    lead_id = await put_in(client, pool_id, phone="13800138000")
    li, path = signed_in(tenant, "li"), f"/leads/{lead_id}"
    await claim(client, lead_id, li)
    stale = await client.post(
        f"{path}/return", json={"reason": "x"}, headers={**li, "If-Match": '"1"'}
    )
    assert problem(stale) == (412, "STALE_COPY")
    returned = await client.post(f"{path}/return", json={"reason": "客户在其他大区"}, headers=li)
    assert returned.status_code == 200, returned.text
    assert (returned.json()["phone"], returned.json()["pool_id"]) == (None, pool_id)
    assert problem(await client.get(path, headers=li)) == (404, "LEAD_NOT_FOUND")
    stored = (await client.get(path)).json()
    assert (stored["owner_id"], stored["pool_id"], stored["version"]) == (None, pool_id, 3)
    changes = (await client.get(f"{path}/owners")).json()["items"]
    assert (changes[0]["to_owner_id"], changes[0]["reason"]) == (None, "客户在其他大区")
    titles = [one["title"] for one in (await client.get(f"{path}/timeline")).json()["items"]]
    assert titles[0] == "“li” is no longer the owner: 客户在其他大区"
    tasks = [one for one in await published_work() if one.kind == "WORK_LEAD"]
    assert [(one.step, one.person) for one in tasks] == [
        ("raised", subject("li")),
        ("settled", subject("li")),
    ]


async def test_the_team_and_the_shares_of_a_lead_end_when_it_is_returned(
    client: AsyncClient, tenant: UUID
) -> None:
    pool_id = await make_pool(client, "li")
    lead_id = await put_in(client, pool_id)
    li, path = signed_in(tenant, "li"), f"/leads/{lead_id}"
    await claim(client, lead_id, li)
    for place in (f"team/{directory_id('zheng')}", f"shares/PERSON/{directory_id('zhou')}"):
        shared = await client.put(f"{path}/{place}", json={}, headers=li)
        assert shared.status_code == 200, shared.text
    assert (await client.get(path, headers=signed_in(tenant, "zhou"))).status_code == 200
    await client.post(f"{path}/return", json={"reason": "a"}, headers=li)
    for name in ("zheng", "zhou", "li"):
        hidden = await client.get(path, headers=signed_in(tenant, name))
        assert problem(hidden) == (404, "LEAD_NOT_FOUND"), name


async def test_returning_again_for_another_reason_is_refused(
    client: AsyncClient, tenant: UUID
) -> None:
    pool_id = await make_pool(client, "li")
    lead_id = await put_in(client, pool_id)
    await claim(client, lead_id, signed_in(tenant, "li"))
    path = f"/leads/{lead_id}/return"
    first = await client.post(path, json={"reason": "a"})
    assert first.status_code == 200
    same = await client.post(path, json={"reason": "a"})
    assert (same.status_code, same.json()["version"]) == (200, first.json()["version"])
    assert problem(await client.post(path, json={"reason": "b"})) == (409, "MOVE_MADE_OTHERWISE")


async def test_only_what_came_from_a_pool_is_returned_to_it(
    client: AsyncClient, tenant: UUID
) -> None:
    li = signed_in(tenant, "li")
    own = (await client.post("/leads", json={"company": "a"}, headers=li)).json()["id"]
    refused = await client.post(f"/leads/{own}/return", json={"reason": "a"}, headers=li)
    assert problem(refused) == (409, "LEAD_WITHOUT_POOL")
    pool_id = await make_pool(client, "li")
    body = {"reason": "a", "pool_id": pool_id}
    put = await client.post(f"/leads/{own}/return", json=body, headers=li)
    assert (put.status_code, put.json()["pool_id"]) == (200, pool_id)
    closed = {"reason": "a", "pool_id": await make_pool(client, active=False)}
    unknown = await client.post(f"/leads/{own}/return", json=closed)
    assert violations(unknown) == {("/pool_id", "POOL_UNKNOWN")}
    lead_id = await put_in(client, pool_id)
    await claim(client, lead_id, li)
    await client.post(f"/leads/{lead_id}/qualify", headers=li)
    await client.post(f"/leads/{lead_id}/convert", headers=li)
    converted = await client.post(f"/leads/{lead_id}/return", json={"reason": "a"}, headers=li)
    assert problem(converted) == (409, "LEAD_CONVERTED")


async def test_three_claims_and_a_return_leave_none_of_three(
    client: AsyncClient, tenant: UUID
) -> None:
    await set_quota(client, person="li", daily_claim_limit=3)
    pool_id = await make_pool(client, "li")
    leads = [await put_in(client, pool_id) for _ in range(4)]
    li = signed_in(tenant, "li")
    for lead_id in leads[:3]:
        assert (await claim(client, lead_id, li)).status_code == 200
    returned = await client.post(f"/leads/{leads[0]}/return", json={"reason": "a"}, headers=li)
    assert returned.status_code == 200
    for lead_id in (leads[3], leads[0]):
        assert problem(await claim(client, lead_id, li)) == (409, "CLAIMS_USED_UP")
    use = (await client.get(f"/quotas/use?holder_id={subject('li')}", headers=li)).json()
    assert (use["claimed_today"], use["claims_left"], use["held"]) == (3, 0, 2)


async def test_a_pool_limits_claims_from_it_only(client: AsyncClient, tenant: UUID) -> None:
    small, large = await make_pool(client, "li", daily_claim_limit=1), await make_pool(client, "li")
    li = signed_in(tenant, "li")
    assert (await claim(client, await put_in(client, small), li)).status_code == 200
    second = await put_in(client, small)
    assert problem(await claim(client, second, li)) == (409, "POOL_CLAIMS_USED_UP")
    assert (await claim(client, await put_in(client, large), li)).status_code == 200
    mine = (await client.get("/pools/mine", headers=li)).json()
    assert [(one["waiting"], one["claimed_today"]) for one in mine["pools"]] == [(1, 1), (0, 1)]
    assert (mine["quota"]["claimed_today"], mine["quota"]["held"]) == (2, 2)


async def test_a_batch_claims_the_best_first_and_says_why_it_got_fewer(
    client: AsyncClient, tenant: UUID
) -> None:
    await publish(client, RULES)
    await set_quota(client, person="li", holding_limit=4)
    pool_id = await make_pool(client, "li")
    poor = await put_in(client, pool_id)
    later = await put_in(client, pool_id)
    director = {"job_title": "总经理", "company_size": "FROM_500"}
    good = await put_in(client, pool_id, **director)
    better = await put_in(client, pool_id, **director, email="a@b.cn")
    last = await put_in(client, pool_id)
    li, path = signed_in(tenant, "li"), f"/pools/{pool_id}/claim"
    two = (await client.post(path, json={"count": 2}, headers=li)).json()
    assert [one["id"] for one in two["leads"]] == [better, good]
    assert (two["code"], two["why_not"]) == (None, None)
    more = (await client.post(path, json={"count": 3}, headers=li)).json()
    assert [one["id"] for one in more["leads"]] == [poor, later]
    assert (more["code"], more["why_not"][:9]) == ("HOLDING_FULL", "The limit")
    assert problem(await client.post(path, json={"count": 1}, headers=li)) == (409, "HOLDING_FULL")
    zhao = signed_in(tenant, "zhao", "mtl.lead.*")
    rest = (await client.post(path, json={"count": 9}, headers=zhao)).json()
    assert ([one["id"] for one in rest["leads"]], rest["code"]) == ([last], "POOL_EMPTY")


async def test_nobody_claims_from_a_closed_or_deleted_pool_or_what_is_closed(
    client: AsyncClient, tenant: UUID
) -> None:
    pool_id = await make_pool(client, "li")
    lead_id, invalid = await put_in(client, pool_id), await put_in(client, pool_id)
    await client.post(f"/leads/{invalid}/disqualify", json={"reason": "SPAM"})
    li = signed_in(tenant, "li")
    assert problem(await claim(client, invalid, li)) == (409, "LEAD_NOT_OPEN")
    await client.patch(f"/pools/{pool_id}", json={"active": False})
    assert problem(await claim(client, lead_id, li)) == (409, "POOL_INACTIVE")
    assert (await client.get("/pools/mine", headers=li)).json()["pools"] == []
    await client.delete(f"/pools/{pool_id}")
    assert problem(await claim(client, lead_id, li)) == (404, "LEAD_NOT_FOUND")


async def test_who_is_no_active_person_claims_nothing(
    client: AsyncClient, tenant: UUID, company: Company
) -> None:
    pool_id = await make_pool(client, "li")
    lead_id = await put_in(client, pool_id)
    unknown = await client.post(f"/leads/{lead_id}/claim")
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "OWNER_UNKNOWN")
    await company.person("li", active=False)
    assert (await claim(client, lead_id, signed_in(tenant, "li"))).status_code in (401, 403, 404)


async def test_admins_give_leads_out_within_quotas(client: AsyncClient, tenant: UUID) -> None:
    await set_quota(client, person="li", holding_limit=2)
    pool_id = await make_pool(client, "team A", admin_ids=[str(directory_id("sun"))])
    leads = [await put_in(client, pool_id) for _ in range(4)]
    other = await put_in(client, await make_pool(client))
    sun, path = signed_in(tenant, "sun"), f"/pools/{pool_id}/assign"
    body = {"lead_ids": [*leads[:3], other], "owner_id": subject("li"), "reason": "新客户"}
    refused = await client.post(path, json=body, headers=signed_in(tenant, "li"))
    assert problem(refused) == (403, "POOL_ADMIN_NEEDED")
    given = (await client.post(path, json=body, headers=sun)).json()
    codes = [one["code"] for one in given["results"]]
    assert codes == [None, None, "HOLDING_FULL", "LEAD_NOT_FOUND"]
    assert given["results"][2]["why_not"].startswith("The limit of leads")
    assert (given["assigned"], given["left"]) == (2, 2)
    assert [(one["owner_name"], one["leads"]) for one in given["counts"]] == [("li", 2)]
    best = {"count": 5, "owner_id": subject("zhou")}
    rest = (await client.post(path, json=best, headers=sun)).json()
    assert [one["lead_id"] for one in rest["results"]] == leads[2:]
    unclear = await client.post(path, json={"count": 1, "lead_ids": leads}, headers=sun)
    assert unclear.json()["errors"][0]["code"] == "POOL_LEADS_UNCLEAR"
