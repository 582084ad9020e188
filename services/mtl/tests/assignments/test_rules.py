"""Assignment by rules: whose turn it is, who is skipped, the queue, bulk, dry run, explanation."""

from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import use_context
from mtl.assignments.actions import running
from mtl.assignments.timers import assign_new_leads
from services.mtl.tests.assignments.factories import (
    BY_RULES,
    PATH,
    capture,
    owners,
    people,
    publish,
    row,
    run_left,
    run_new,
    waiting_jobs,
    where,
)
from services.mtl.tests.factories import NOON, create, problem, violations
from services.mtl.tests.pools.factories import make_pool, set_quota, signed_in
from testkit.directory import Company, directory_id, leave, subject
from testkit.jobs import make_job
from testkit.plugin import PublishedFacts

TEAM = ("li", "zhou", "zheng", "wang", "bei")


@pytest.fixture(autouse=True)
async def company(tx: AsyncConnection) -> Company:
    """Five people, of whom wang has left and bei is on leave, with sun as the substitute."""
    company = await Company(tx).build()
    await company.person("wang", active=False)
    away = leave(date(2026, 11, 20), date(2099, 1, 1), "sun")
    await company.person("bei", leaves=[away])
    return company


async def test_ten_leads_go_to_three_who_are_there(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    await publish(client, row("all", "TURN", *TEAM))
    leads = [await capture(client) for _ in range(10)]
    await run_new(tx, tenant)
    counts = Counter(await owners(client, *leads))
    assert counts == {"li": 4, "zhou": 3, "zheng": 3}
    assigned = [one for one in await published() if one.type == "mtl.lead.assigned.v1"]
    assert len(assigned) == 10
    [change] = (await client.get(f"/leads/{leads[0]}/owners")).json()["items"]
    assert (change["from_owner_id"], change["to_owner_id"]) == (None, subject("li"))
    lead = (await client.get(f"/leads/{leads[0]}")).json()
    assert (lead["assignment_status"], lead["unassigned_reason"]) == (None, None)


async def test_many_at_once_are_split_as_one_by_one(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    weights = [
        {"owner_id": subject(name), "weight": weight}
        for name, weight in (("li", 5), ("zhou", 3), ("zheng", 2))
    ]
    await publish(client, row("all", "WEIGHT", recipients=weights))
    leads = [await capture(client) for _ in range(20)]
    for _ in range(7):  # a job that finds one lead at a time
        await assign_one(tx, tenant)
    await run_new(tx, tenant)
    names = await owners(client, *leads)
    await publish(client, row("again", "WEIGHT", recipients=weights), based_on=1)
    bulk = await client.post("/leads/assign", json={"lead_ids": leads})
    assert [one["owner_name"] for one in bulk.json()["results"]] == names
    assert Counter(names) == {"li": 10, "zhou": 6, "zheng": 4}


async def assign_one(tx: AsyncConnection, tenant: UUID) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "ASSIGNED_AT_ONCE", 1)
        with use_context(BY_RULES):
            await assign_new_leads(tx, make_job(tenant, "lead_assignment", "one", now=NOON))


async def test_the_first_row_that_matches_decides(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    pool_id = await make_pool(client, "li")
    await publish(
        client,
        row("energy", "PERSON", "zheng", condition=where("industry", "EQ", "能源")),
        row("students", "POOL", condition=where("industry", "EQ", "教育"), pool_id=pool_id),
        row("rest", "PERSON", "li"),
    )
    leads = [await capture(client, industry=one) for one in ("能源", "教育", "IT")]
    await run_new(tx, tenant)
    assert await owners(client, *leads) == ["zheng", None, "li"]
    pooled = (await client.get(f"/leads/{leads[1]}")).json()
    assert (pooled["pool_id"], pooled["assignment_status"]) == (pool_id, None)


async def test_territories_and_loads_are_combined(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    """Zhejiang has two people of whom one holds more leads, Beijing one."""
    await create(client, company="a", owner_id=subject("li"))
    recipients = [
        *people("li", "zhou", regions=["330000"]),
        *people("zheng", regions=["110000"]),
    ]
    await publish(client, row("regions", "LEAST_LOADED", recipients=recipients))
    codes = ("330106", "330106", "330106", "110101", None, "440100")
    leads = [await capture(client, region_code=code) for code in codes]
    await run_new(tx, tenant)
    assert await owners(client, *leads) == ["zhou", "li", "zhou", "zheng", None, None]
    queue = (await client.get("/leads?assignment_status=UNASSIGNED&count_by=status")).json()
    assert {one["unassigned_reason"] for one in queue["items"]} == {"NOBODY_ELIGIBLE"}
    assert len(queue["items"]) == 2


async def test_a_substitute_gets_leads_only_if_the_rule_says_so(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    await publish(client, row("bei", "TURN", "bei"))
    lead_id = await capture(client)
    await run_new(tx, tenant)
    assert await owners(client, lead_id) == [None]
    await publish(client, row("bei", "TURN", "bei", substitutes=True), based_on=1)
    assert len(await waiting_jobs(tx, "lead_reassignment")) == 3  # tomorrow, and after each version
    await run_left(tx, tenant)
    assert await owners(client, lead_id) == ["sun"]
    await company.person("sun", active=False)
    another = await capture(client)
    await run_new(tx, tenant)
    assert await owners(client, another) == [None]


async def test_a_lead_that_nobody_may_get_is_tried_again_when_somebody_is_back(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    await publish(client, row("bei", "PERSON", "bei"))
    lead_id = await capture(client)
    await run_new(tx, tenant)
    keys = {one.key for one in await waiting_jobs(tx, "lead_reassignment")}
    assert "2026-11-23" in keys
    await run_left(tx, tenant, at=NOON + timedelta(days=1))
    assert await owners(client, lead_id) == [None]
    await company.person("bei")
    await run_left(tx, tenant, at=NOON + timedelta(days=1))
    assert await owners(client, lead_id) == ["bei"]


async def test_without_rules_or_a_row_that_matches_leads_wait_visibly(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    first = await capture(client)
    await run_new(tx, tenant)
    assert (await client.get(f"/leads/{first}")).json()["unassigned_reason"] == "NO_RULES"
    await publish(client, row("it", "TURN", "li", condition=where("industry", "EQ", "IT")))
    await run_left(tx, tenant)
    found = (await client.get("/leads?unassigned_reason=NO_RULE_MATCHES")).json()["items"]
    assert [one["id"] for one in found] == [first]


async def test_quotas_hold_for_rules(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await set_quota(client, person="li", holding_limit=1)
    pool_id = await make_pool(client)
    await publish(client, row("li", "TURN", "li", pool_id=pool_id))
    leads = [await capture(client) for _ in range(3)]
    await run_new(tx, tenant)
    assert await owners(client, *leads) == ["li", None, None]
    assert (await client.get(f"/leads/{leads[2]}")).json()["pool_id"] == pool_id


async def test_a_monthly_capacity_is_spread_over_the_month(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    """14 of 30 days on the 22nd of November: 10.27, of which 10 may be given."""
    recipients = people("li", monthly_capacity=14, first_day="2026-11-01")
    await publish(client, row("li", "TURN", recipients=recipients))
    leads = [await capture(client) for _ in range(16)]
    await run_new(tx, tenant)
    assert Counter(await owners(client, *leads)) == {"li": 10, None: 6}
    await run_left(tx, tenant, at=NOON + timedelta(days=8))
    assert Counter(await owners(client, *leads)) == {"li": 14, None: 2}
    await run_left(tx, tenant, at=NOON + timedelta(days=12))
    assert Counter(await owners(client, *leads)) == {"li": 15, None: 1}


async def test_a_dry_run_writes_nothing(client: AsyncClient, published: PublishedFacts) -> None:
    await publish(client, row("all", "TURN", "li", "zhou"))
    leads = [(await create(client, company="a"))["id"] for _ in range(5)]
    before = len(await published())
    tried = (await client.post("/leads/assign", json={"lead_ids": leads, "dry_run": True})).json()
    assert [(one["owner_name"], one["leads"]) for one in tried["counts"]] == [
        ("li", 3),
        ("zhou", 2),
    ]
    assert (tried["assigned"], tried["left"], len(await published())) == (5, 0, before)
    done = (await client.post("/leads/assign", json={"lead_ids": leads})).json()
    assert done["counts"] == tried["counts"]


async def test_only_leads_that_the_caller_may_take_are_assigned(
    client: AsyncClient, tenant: UUID
) -> None:
    await publish(client, row("all", "TURN", "zheng"))
    li, sun = signed_in(tenant, "li"), signed_in(tenant, "sun")
    own = (await client.post("/leads", json={"company": "a"}, headers=li)).json()["id"]
    foreign = (await create(client, company="b", owner_id=subject("wu")))["id"]
    shared = (await client.post("/leads", json={"company": "c"}, headers=sun)).json()["id"]
    share = f"/leads/{shared}/shares/PERSON/{directory_id('li')}"
    await client.put(share, json={"access": "WRITE"}, headers=sun)
    closed = (await client.post("/leads", json={"company": "d"}, headers=li)).json()["id"]
    await client.post(f"/leads/{closed}/disqualify", json={"reason": "SPAM"}, headers=li)
    body = {"lead_ids": [own, foreign, shared, closed]}
    results = (await client.post("/leads/assign", json=body, headers=li)).json()["results"]
    assert [one["code"] for one in results] == [
        None,
        "LEAD_NOT_FOUND",
        "OWNERSHIP_REQUIRED",
        "LEAD_NOT_OPEN",
    ]
    assert all(one["why_not"] for one in results[1:])


async def test_the_explanation_says_who_wins_and_why_the_others_lose(
    client: AsyncClient,
) -> None:
    await publish(
        client,
        row("it", "TURN", "li", condition=where("industry", "EQ", "IT")),
        row("all", "TURN", *TEAM),
    )
    lead_id = (await create(client, company="a"))["id"]
    path = f"/leads/{lead_id}{PATH}/explanation"
    found = (await client.get(path)).json()
    assert (found["version"], found["winner"], found["owner_name"]) == (1, "all", "li")
    assert [(one["row_id"], one["verdict"]) for one in found["rows"]] == [
        ("it", "NOT_MATCHED"),
        ("all", "COUNTED"),
    ]
    lost = {one["owner_name"]: one["why_not"] for one in found["candidates"] if not one["chosen"]}
    assert lost == {
        "wang": "Not active",
        "bei": "On leave",
        "zhou": "Not their turn",
        "zheng": "Not their turn",
    }
    chinese = await client.get(path, headers={"Accept-Language": "zh-CN"})
    assert {one["why_not"] for one in chinese.json()["candidates"]} == {
        None,
        "已停用",
        "休假中",
        "尚未轮到",
    }


async def test_broken_rules_are_refused_with_every_violation(client: AsyncClient) -> None:
    rules: dict[str, Any] = {
        "hit_policy": "FIRST",
        "rows": [
            row("a", "PERSON", "li", "zhou"),
            row("b", "TURN"),
            row("c", "POOL", "li"),
            row("d", "TURN", recipients=[{"owner_id": "x", "weight": 0, "regions": ["99"]}]),
            row("e", "TURN", "li", "li"),
        ],
    }
    for number, one in enumerate(rules["rows"]):
        one["condition"] = where("industry", "EQ", str(number))
    refused = await client.post(f"{PATH}/check", json={"rules": rules})
    found = violations(refused)
    assert {("/rules/rows/0/outcome", "ASSIGNMENT_OF_ONE")} <= found, found
    assert {code for _, code in found} >= {
        "ASSIGNMENT_OF_ONE",
        "ASSIGNMENT_WITHOUT_PEOPLE",
        "ASSIGNMENT_POOL_ONLY",
        "ASSIGNMENT_PERSON_TWICE",
        "TOO_SMALL",
    }
    nobody = "01990000-0000-7000-8000-000000000099"
    unknown = {"hit_policy": "FIRST", "rows": [row("a", "TURN", "nobody", pool_id=nobody)]}
    assert violations(await client.post(f"{PATH}/check", json={"rules": unknown})) == {
        ("/rules/rows/0/outcome/recipients/0/owner_id", "OWNER_UNKNOWN"),
        ("/rules/rows/0/outcome/pool_id", "POOL_UNKNOWN"),
    }


async def test_sellers_assign_nothing_by_changing_rules(client: AsyncClient, tenant: UUID) -> None:
    body = {"rules": {"hit_policy": "FIRST", "rows": []}, "based_on": 0, "note": ""}
    refused = await client.post(f"{PATH}/versions", json=body, headers=signed_in(tenant, "li"))
    assert problem(refused) == (403, "SCOPE_MISSING")
