"""Leads that fall back into pools or to nobody: who gets them then, and who does not yet."""

from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.assignments import factories as assignments
from services.mtl.tests.factories import create, problem, violations
from services.mtl.tests.pools.factories import make_pool, set_quota, signed_in
from services.mtl.tests.recyclings.factories import (
    SetClock,
    at,
    days,
    get,
    publish,
    rules,
    sweep,
)
from testkit.directory import Company, directory_id, subject


def falling_into(**target: Any) -> dict[str, Any]:
    return rules({"next_follow_up": days(7), "barred_days": 365, "target": target})


async def let_fall(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock, **target: Any
) -> str:
    """Let a lead of li, which li shares with zheng, fall back by a rule with this target."""
    set_clock(at("01-01 09:00"))
    await publish(client, falling_into(**target))
    set_clock(at("01-01 10:00"))
    lead = await create(client, company="远景科技", owner_id=subject("li"))
    share = f"/leads/{lead['id']}/shares/PERSON/{directory_id('zheng')}"
    assert (await client.put(share, json={})).status_code == 200
    await sweep(tx, at("01-08 11:00"))
    lead_id: str = lead["id"]
    return lead_id


async def test_a_lead_falls_into_the_pool_that_the_rule_names(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, set_clock: SetClock
) -> None:
    """Its shares end; another member claims it, and who let it fall back does not yet."""
    await Company(tx).build()
    pool_id = await make_pool(client, "team A")
    lead_id = await let_fall(client, tx, set_clock, kind="POOL", pool_id=pool_id)
    fallen = await get(client, lead_id)
    assert (fallen["owner_id"], fallen["pool_id"]) == (None, pool_id)
    assert (fallen["assignment_status"], fallen["falls_back_at"]) == (None, None)
    li, zhou, zheng = (signed_in(tenant, name) for name in ("li", "zhou", "zheng"))
    assert (await client.get(f"/leads/{lead_id}", headers=zheng)).status_code == 404
    barred = await client.post(f"/leads/{lead_id}/claim", headers=li)
    assert problem(barred) == (409, "LEAD_OWNER_BARRED")
    none = await client.post(f"/pools/{pool_id}/claim", json={"count": 5}, headers=li)
    assert none.json()["leads"] == []
    claimed = await client.post(f"/pools/{pool_id}/claim", json={"count": 5}, headers=zhou)
    assert [one["id"] for one in claimed.json()["leads"]] == [lead_id]


async def test_rules_give_a_lead_that_fell_back_to_another_person(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, set_clock: SetClock
) -> None:
    """Nobody has it at first: it stands in the queue, and is tried again by the rules."""
    await Company(tx).build()
    lead_id = await let_fall(client, tx, set_clock, kind="NOBODY")
    fallen = await get(client, lead_id)
    assert fallen["assignment_status"] == "UNASSIGNED"
    assert fallen["unassigned_reason"] == "FELL_BACK"
    await assignments.publish(client, assignments.row("all", "TURN", "li", "zhou"))
    path = f"/leads/{lead_id}/rule-sets/lead_assignment/explanation"
    explained = (await client.get(path)).json()
    reasons = {one["owner_id"]: one["why_not"] for one in explained["candidates"]}
    assert explained["owner_id"] == subject("zhou")
    assert reasons[subject("li")] == "Lost it lately, so not yet again"
    await assignments.run_left(tx, tenant, at=at("01-09 10:00"))
    assert (await get(client, lead_id))["owner_id"] == subject("zhou")


async def test_a_pool_that_was_closed_gets_no_lead(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    await Company(tx).build()
    pool_id = await make_pool(client, "team A")
    set_clock(at("01-01 09:00"))
    await publish(client, falling_into(kind="POOL", pool_id=pool_id))
    lead = await create(client, company="a", owner_id=subject("li"))
    assert (await client.patch(f"/pools/{pool_id}", json={"active": False})).status_code == 200
    await sweep(tx, at("01-08 11:00"))
    fallen = await get(client, lead["id"])
    assert (fallen["pool_id"], fallen["assignment_status"]) == (None, "UNASSIGNED")


@pytest.mark.parametrize(
    ("target", "pointer", "code"),
    [
        ({"kind": "POOL", "pool_id": str(uuid4())}, "pool_id", "POOL_UNKNOWN"),
        ({"kind": "POOL", "pool_id": "x"}, "pool_id", "VALUE_INVALID"),
        ({"kind": "NOBODY", "pool_id": str(uuid4())}, "pool_id", "VALUE_INVALID"),
        ({"kind": "POOL", "subject": "li"}, "subject", "VALUE_INVALID"),
    ],
)
async def test_rules_name_pools_that_are_open(
    client: AsyncClient, target: dict[str, Any], pointer: str, code: str
) -> None:
    body = {"rules": falling_into(**target), "based_on": 0}
    answer = await client.post("/rule-sets/lead_retention/versions", json=body)
    assert violations(answer) == {(f"/rules/rows/0/outcome/target/{pointer}", code)}


@pytest.mark.parametrize(
    "target",
    [{"kind": "PERSON", "subject": subject("zhou")}, {"kind": "DEPARTMENT_HEAD"}],
    ids=["a person", "the head"],
)
async def test_who_gets_leads_that_fall_back_gets_no_more_than_they_may_hold(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock, target: dict[str, str]
) -> None:
    """The others stand in the queue of those that nobody has."""
    await Company(tx).build()
    await set_quota(client, holding_limit=2)
    set_clock(at("01-01 09:00"))
    await publish(client, falling_into(**target))
    set_clock(at("01-01 10:00"))
    for _ in range(2):
        await create(client, company="远景科技", owner_id=subject("li"))
        await create(client, company="宏图物流", owner_id=subject("bei"))
    await sweep(tx, at("01-08 11:00"))
    found = (await client.get("/leads")).json()["items"]
    owners = Counter(one["owner_id"] for one in found if one["owner_id"] is not None)
    assert all(count <= 2 for count in owners.values())
    assert subject("li") not in owners
    left = [one["unassigned_reason"] for one in found if one["owner_id"] is None]
    assert left == ["FELL_BACK"] * (4 - sum(owners.values()))
    assert left
