"""Accounts, contacts, opportunities and activities, edited while quotes are made of them."""

import asyncio

from l2o.timelines.domain import SOURCES
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
        *(
            seller.post(
                "/l2o/v1/activities",
                {
                    "account_id": ids["account"],
                    "opportunity_id": opportunity,
                    "kind": kind,
                    "at": f"2026-11-{1 + (walk.nth + place) % 28:02}T02:00:00Z",
                },
            )
            for place, kind in enumerate(("CALL", "VISIT", "NOTE"))
        ),
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


async def last_touches_follow(evidence: Evidence) -> Violations:
    """When an account was last touched is when the latest of its activities was."""
    wrong = await evidence.rows(
        "l2o",
        """
        SELECT a.id, a.last_activity_at FROM accounts a
        WHERE a.last_activity_at IS DISTINCT FROM (
            SELECT max(at) FROM activities
            WHERE tenant_id = a.tenant_id AND account_id = a.id
            AND deleted_at IS NULL AND kind <> 'NOTE')
        """,
    )
    return [f"account {row['id']} was last touched at another time" for row in wrong]


async def timelines_are_whole(evidence: Evidence) -> Violations:
    """Every fact of a document that timelines show has its entry."""
    shown = {row["id"] for row in await evidence.rows("l2o", "SELECT id FROM timeline_entries")}
    types = [kind.type for kind in SOURCES]
    facts = "SELECT id, type FROM outbox WHERE type = ANY($1::text[])"
    return [
        f"{row['type']} {row['id']} is in no timeline"
        for service in ("cpq", "rms")
        for row in await evidence.rows(service, facts, types)
        if row["id"] not in shown
    ]


STAGE = Stage(
    "l2o",
    run,
    after=("mtl",),
    invariants={
        "confirmed orders win": orders_win,
        "last touches follow from activities": last_touches_follow,
        "timelines are whole": timelines_are_whole,
    },
)
