"""A person who leaves: leads, next steps, and places in pools and channels go to others."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.assignments.factories import publish, row
from services.mtl.tests.bulk_changes.test_routes import run, start
from services.mtl.tests.channels.senders import make_channel
from services.mtl.tests.factories import create, problem, violations
from services.mtl.tests.pools.factories import make_pool
from testkit.directory import Company, directory_id, sign_in, subject
from testkit.plugin import PublishedFacts

LEADER = (
    "mtl.lead.read mtl.lead.write mtl.bulk_change.read mtl.bulk_change.write mtl.follow_up.read"
    " mtl.follow_up.write"
)


async def step(client: AsyncClient, lead_id: str, **headers: Any) -> str:
    body = {
        "lead_id": lead_id,
        "kind": "CALL",
        "at": "2026-11-20T02:00:00Z",
        "next_step": "报价",
        "next_step_on": "2026-12-24",
    }
    answer = await client.post("/follow-ups", json=body, **headers)
    assert answer.status_code == 201, answer.text
    follow_up_id: str = answer.json()["id"]
    return follow_up_id


async def test_a_leaver_loses_leads_steps_and_places_to_the_one_who_is_named(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    company = await Company(tx).build()
    leaver = sign_in(tenant, "li", scope=LEADER)
    own = (await client.post("/leads", json={"company": "own"}, headers=leaver)).json()
    other = await create(client, company="other", owner_id=subject("zhou"))
    share = f"/leads/{other['id']}/shares/PERSON/{directory_id('li')}"
    await client.put(share, json={"access": "WRITE"})
    steps = [await step(client, one["id"], headers=leaver) for one in (own, other)]
    pool_id = await make_pool(client, "li", "zhou", admin_ids=[str(directory_id("li"))])
    channel = await make_channel(client, default_owner_id=subject("li"))
    await company.person("li", "team A", active=False)
    change = {"leaver_id": subject("li"), "owner_id": subject("zhou"), "next_steps": True}
    trial = await client.post("/bulk-changes/preview", json={"query": "", "change": change})
    found = trial.json()
    assert (found["leads"], found["changed"]) == (1, 1)
    assert found["leaver"]["next_steps"] == 2
    assert [one["name"] for one in found["leaver"]["pools"]] == ["华东公海"]
    assert [one["name"] for one in found["leaver"]["channels"]] == ["官网"]
    bulk = await start(client, "", change)
    await run(tx, bulk["id"])
    assert (await client.get(f"/leads/{own['id']}")).json()["owner_id"] == subject("zhou")
    for one in steps:
        given = (await client.get(f"/follow-ups/{one}")).json()
        assert given["owner_id"] == subject("zhou")
    pool = (await client.get(f"/pools/{pool_id}")).json()
    assert [one["person_name"] for one in pool["members"]] == ["zhou"]
    assert (pool["admin_ids"], pool["version"]) == ([], 2)
    after = (await client.get(f"/channels/{channel['id']}")).json()
    assert after["default_owner_id"] == subject("zhou")
    facts = [fact.type for fact in await published()]
    assert facts.count("mtl.pool.changed.v1") == 1
    assert facts.count("mtl.channel.changed.v1") == 1
    again = await client.post("/bulk-changes/preview", json={"query": "", "change": change})
    assert again.json()["leaver"] == {"pools": [], "channels": [], "next_steps": 0}


async def test_the_rules_choose_among_those_who_stay_and_say_why_they_choose_nobody(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await Company(tx).build()
    region = {"field": "region_code", "operator": "STARTS_WITH", "value": "33"}
    turns = row("turns", "TURN", "li", "zhou", "zheng", condition={"all": [region]})
    await publish(client, turns)
    mine = {"owner_id": subject("li"), "region_code": "330106"}
    leads = [await create(client, company=f"c{n}", **mine) for n in range(4)]
    left = await create(client, company="elsewhere", owner_id=subject("li"))
    waiting = await step(client, leads[0]["id"])
    change = {"leaver_id": subject("li"), "by_rules": True, "next_steps": True}
    trial = await client.post("/bulk-changes/preview", json={"query": "", "change": change})
    assert (trial.json()["leads"], trial.json()["changed"]) == (5, 5)
    bulk = await start(client, "", change)
    await run(tx, bulk["id"])
    names = [(await client.get(f"/leads/{one['id']}")).json()["owner_name"] for one in leads]
    assert sorted(names) == ["zheng", "zheng", "zhou", "zhou"]
    path = f"/bulk-changes/{bulk['id']}/leads?outcome=REFUSED"
    [refused] = (await client.get(path, headers={"Accept-Language": "zh-CN"})).json()["items"]
    assert (refused["lead_id"], refused["code"]) == (left["id"], "NO_RULE_MATCHES")
    assert refused["reason"] != "NO_RULE_MATCHES"
    assert refused["reason"] is not None
    assert (await client.get(f"/follow-ups/{waiting}")).status_code == 200
    await client.post(f"/bulk-changes/{bulk['id']}/undo")
    await run(tx, bulk["id"])
    names = [(await client.get(f"/leads/{one['id']}")).json()["owner_name"] for one in leads]
    assert names == ["li"] * 4


async def test_who_may_let_whom_go(client: AsyncClient, tx: AsyncConnection, tenant: UUID) -> None:
    await Company(tx).build()
    await make_pool(client, "li")
    change = {"leaver_id": subject("li"), "owner_id": subject("zhou")}
    body = {"query": "", "change": change}
    colleague = sign_in(tenant, "zheng", scope=LEADER)
    answer = await client.post("/bulk-changes", json=body, headers=colleague)
    assert problem(answer) == (403, "OWNERSHIP_REQUIRED")
    manager = sign_in(tenant, "sun", scope=LEADER)
    answer = await client.post("/bulk-changes", json=body, headers=manager)
    assert problem(answer) == (403, "SCOPE_MISSING")
    manager = sign_in(tenant, "sun", scope=f"{LEADER} mtl.pool.write")
    answer = await client.post("/bulk-changes", json=body, headers=manager)
    assert answer.status_code == 201, answer.text


async def test_a_leaver_needs_somebody_else_who_takes_over(client: AsyncClient) -> None:
    li = subject("li")
    bodies = [
        ({"leaver_id": li, "add_tags": ["x"]}, "BULK_CHANGE_NO_HEIR"),
        ({"leaver_id": li, "owner_id": li}, "BULK_CHANGE_NO_HEIR"),
        ({"by_rules": True, "owner_id": li}, "BULK_CHANGE_TWO_OWNERS"),
    ]
    for change, code in bodies:
        answer = await client.post("/bulk-changes/preview", json={"query": "", "change": change})
        assert violations(answer) == {("/change", code)}
