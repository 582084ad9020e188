"""Leads: captured, edited, qualified and converted; some are disqualified."""

import asyncio

from tests.soak.client import POLL_SECONDS, Refused
from tests.soak.evidence import Evidence
from tests.soak.stage import Stage, Violations, Walk, WalkEnds

CALLED_AT = "2026-01-05T02:00:00Z"  # the day of a walk makes no difference


async def run(walk: Walk) -> None:
    seller = walk.callers["seller"]
    external = f"soak-{walk.nth}"
    body = {"name": "王芳", "company": f"耐久测试 {walk.nth}"}
    if walk.every(2):
        lead = await seller.put(f"/mtl/v1/leads/by-external-id/soak/{walk.nth}", body)
    else:
        lead = await seller.post("/mtl/v1/leads", {**body, "external_id": external})
    path = f"/mtl/v1/leads/{lead['id']}"
    lead = await seller.patch(path, {"source": "soak"}, seen=lead)
    await seller.post(f"{path}/touches", {"kind": "FORM", "external_id": external})
    call = {"lead_id": lead["id"], "kind": "CALL", "result": "REACHED", "at": CALLED_AT}
    await seller.post("/mtl/v1/follow-ups", call)
    lead = await seller.post(f"{path}/qualify", seen=lead)
    if walk.every(8):
        await seller.post(f"{path}/disqualify", {"reason": "SPAM"}, seen=lead)
        raise WalkEnds
    operation = await seller.post(f"{path}/convert", {"opportunity_name": external}, seen=lead)
    while operation["status"] == "RUNNING":
        await asyncio.sleep(POLL_SECONDS)
        operation = await seller.get(f"/mtl/v1/operations/{operation['id']}")
    if operation["status"] != "SUCCEEDED":
        raise Refused(f"the conversion of {lead['id']}", 200, str(operation))
    result = operation["result"]
    walk.ids |= {"lead": lead["id"], "account": result["account_id"]}
    walk.ids |= {"opportunity": result["opportunity_id"], "contact": result["contact_id"]}


async def one_conversion_each(evidence: Evidence) -> Violations:
    """Every converted lead has one account and one opportunity, and no lead is on its way."""
    leads = await evidence.rows("mtl", "SELECT id, status, opportunity_id FROM leads")
    opened = await evidence.rows("l2o", "SELECT lead_id, count(*) FROM opportunities GROUP BY 1")
    opportunities = {row["lead_id"]: row["count"] for row in opened}
    return [
        f"lead {lead['id']} is {lead['status']} and has {opportunities.get(lead['id'], 0)}"
        for lead in leads
        if opportunities.get(lead["id"], 0) != (lead["status"] == "CONVERTED")
    ]


async def one_touch_and_call_each(evidence: Evidence) -> Violations:
    """Every lead has at most the one touch and the one call of its walk, and counts its calls."""
    touched = await evidence.rows("mtl", "SELECT lead_id, count(*) FROM lead_touches GROUP BY 1")
    called = await evidence.rows("mtl", "SELECT lead_id, count(*) FROM follow_ups GROUP BY 1")
    calls = {row["lead_id"]: row["count"] for row in called}
    leads = await evidence.rows("mtl", "SELECT id, follow_up_count FROM leads")
    twice = [f"lead {row['lead_id']} was touched {row['count']} times" for row in touched]
    return [
        *(text for text, row in zip(twice, touched, strict=True) if row["count"] != 1),
        *(f"lead {key} was called {count} times" for key, count in calls.items() if count != 1),
        *(
            f"lead {lead['id']} counts {lead['follow_up_count']} calls"
            for lead in leads
            if lead["follow_up_count"] != calls.get(lead["id"], 0)
        ),
    ]


STAGE = Stage(
    "mtl",
    run,
    invariants={
        "one opportunity per converted lead": one_conversion_each,
        "one touch and one call per lead": one_touch_and_call_each,
    },
)
