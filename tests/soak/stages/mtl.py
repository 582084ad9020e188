"""Leads: captured, edited, qualified and converted; some are disqualified."""

import asyncio

from tests.soak.client import POLL_SECONDS, Refused
from tests.soak.evidence import Evidence
from tests.soak.stage import Stage, Violations, Walk, WalkEnds


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


STAGE = Stage("mtl", run, invariants={"one opportunity per converted lead": one_conversion_each})
