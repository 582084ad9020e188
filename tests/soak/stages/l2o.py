"""Accounts, contacts and opportunities: edited and moved while quotes are made of them."""

import asyncio

from tests.soak.evidence import Evidence
from tests.soak.stage import Stage, Violations, Walk


async def run(walk: Walk) -> None:
    seller, ids = walk.callers["seller"], walk.ids
    account, opportunity = f"/l2o/v1/accounts/{ids['account']}", ids["opportunity"]
    await asyncio.gather(
        seller.patch(account, {"industry": "电子"}),
        seller.patch(account, {"founded_year": 1990 + walk.nth % 30}),
        seller.post("/l2o/v1/contacts", {"account_id": ids["account"], "name": "李雷"}),
        seller.patch(f"/l2o/v1/opportunities/{opportunity}", {"expected_close_date": "2027-03-31"}),
    )


async def orders_win(evidence: Evidence) -> Violations:
    """The opportunity of every confirmed order is won by that order."""
    confirmed = await evidence.rows(
        "rms", "SELECT id, opportunity_id FROM orders WHERE confirmed_at IS NOT NULL"
    )
    won = await evidence.rows("l2o", "SELECT id, order_id FROM opportunities WHERE stage = 'WON'")
    order_of = {row["id"]: row["order_id"] for row in won}
    return [
        f"opportunity {row['opportunity_id']} is not won by order {row['id']}"
        for row in confirmed
        if order_of.get(row["opportunity_id"]) != row["id"]
    ]


STAGE = Stage("l2o", run, after=("mtl",), invariants={"confirmed orders win": orders_win})
