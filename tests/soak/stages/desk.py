"""Quotes over a limit: asked for, approved, rejected, withdrawn, and changed while they wait."""

import asyncio
from collections import Counter
from typing import Any

from deploy.demo.approvals import DISCOUNT, FLOW, KIND, RULES
from tests.soak.client import Caller, Json, Refused
from tests.soak.evidence import Evidence
from tests.soak.stage import Stage, Violations, Walk

COURSES = ("approve", "reject", "withdraw", "change", "change while approving")


async def prepare(callers: dict[str, Caller]) -> dict[str, Any]:
    """Let quotes over the limit go through two steps."""
    admin = callers["admin"]
    limit = {"rules": RULES, "based_on": 0}
    await admin.post("/cpq/v1/rule-sets/quote_approval/versions", limit)
    flow = {"flow": FLOW, "based_on": 0}
    versions = f"/desk/v1/approval-flows/{KIND}/versions"
    await admin.post(versions, flow, not_yet=("FLOW_ROLE_EMPTY",))
    return {}


async def run(walk: Walk) -> None:
    """Let a quote wait for its approval, which ends by the course of this walk."""
    seller, course = walk.callers["seller"], COURSES[walk.nth % len(COURSES)]
    product = walk.shared["book"]["entries"][0]["product_id"]
    line = {"product_id": product, "quantity": "2", "discount_rate": DISCOUNT}
    body = {"opportunity_id": walk.ids["opportunity"], "lines": [line]}
    not_yet = ("OPPORTUNITY_UNKNOWN", "ACCOUNT_UNKNOWN")
    quote = await seller.post("/cpq/v1/quotes", body, not_yet=not_yet)
    path = f"/cpq/v1/quotes/{quote['id']}"
    quote = await seller.post(f"{path}/submit", seen=quote)
    [request] = (await seller.get(f"{path}/approvals"))["items"]
    if course == "withdraw":
        await seller.post(f"{path}/withdraw", seen=quote)
        return
    task = await _task(walk.callers["manager"], request)
    changed = {"valid_until": "2031-01-31"}
    if course == "change":
        await seller.patch(path, changed)
    elif course == "change while approving":
        await asyncio.gather(
            seller.patch(path, changed), _decide(walk.callers["manager"], task, "approve")
        )
    else:
        await _decide(walk.callers["manager"], task, "approve")
        task = await _task(walk.callers["director"], request)
        await _decide(walk.callers["director"], task, course)


async def _task(approver: Caller, request: Json) -> Json:
    return await approver.until_listed(f"/desk/v1/approval-tasks?approval_id={request['id']}")


async def _decide(approver: Caller, task: Json, verb: str) -> None:
    """Decide a task; a change of the quote may have made the request void before."""
    body = {"comment": "已核对"}
    try:
        await approver.post(f"/desk/v1/approval-tasks/{task['id']}/{verb}", body, seen=task)
    except Refused as reason:
        if "APPROVAL_ENDED" not in reason.text:
            raise


async def both_sides_agree(evidence: Evidence) -> Violations:
    """Every request has ended, and its service and desk say the same of its end."""
    columns = "id, status, record_version"
    asked = await evidence.rows("cpq", f"SELECT {columns} FROM approval_requests")
    known = await evidence.rows("desk", f"SELECT {columns} FROM approvals")
    there = {row["id"]: (row["status"], row["record_version"]) for row in known}
    wrong = [
        f"request {row['id']} is {row['status']} in cpq and {there.get(row['id'])} in desk"
        for row in asked
        if there.get(row["id"]) != (row["status"], row["record_version"])
    ]
    return [*wrong, *(f"{row['id']} is pending" for row in asked if row["status"] == "PENDING")]


async def quotes_follow_their_answers(evidence: Evidence) -> Violations:
    """A quote is approved if its last request was, and no quote waits for an answer."""
    last = await evidence.rows(
        "cpq",
        "SELECT DISTINCT ON (record_id) record_id, status FROM approval_requests"
        " ORDER BY record_id, id DESC",
    )
    quotes = await evidence.rows("cpq", "SELECT id, status FROM quotes")
    status_of = {row["id"]: row["status"] for row in quotes}
    expected = {"APPROVED": "APPROVED"}
    return [
        f"quote {row['record_id']} is {status_of[row['record_id']]} after {row['status']}"
        for row in last
        if status_of[row["record_id"]] != expected.get(row["status"], "DRAFT")
    ]


async def one_decision_each(evidence: Evidence) -> Violations:
    """Every seat was decided at most once, and nothing is open in a request that has ended."""
    repeated = await evidence.rows(
        "desk",
        "SELECT approval_id, person, round, step_key, count(*) FROM approval_history"
        " WHERE action IN ('APPROVED', 'REJECTED') GROUP BY 1, 2, 3, 4 HAVING count(*) > 1",
    )
    left = await evidence.rows(
        "desk",
        "SELECT s.id FROM approval_seats s JOIN approvals a ON a.id = s.approval_id"
        " WHERE a.status <> 'PENDING' AND s.state IN ('OPEN', 'WAITING')",
    )
    tasks = await evidence.rows(
        "org", "SELECT id FROM tasks WHERE kind = 'DECIDE_APPROVAL' AND state = 'OPEN'"
    )
    found = {"decided twice": repeated, "open after the end": left, "open tasks": tasks}
    return [f"{len(rows)} {what}" for what, rows in found.items() if rows]


async def every_course_was_run(evidence: Evidence) -> Violations:
    """Requests have ended in every way, so that the other checks had something to compare."""
    rows = await evidence.rows("cpq", "SELECT status FROM approval_requests")
    ends = Counter(row["status"] for row in rows)
    enough = len(rows) >= 2 * len(COURSES)
    expected = {"APPROVED", "REJECTED", "WITHDRAWN", "VOID"}
    return [f"no request ended {one}" for one in sorted(expected - ends.keys()) if enough]


STAGE = Stage(
    "desk",
    run,
    after=("l2o",),
    prepare=prepare,
    invariants={
        "both sides agree": both_sides_agree,
        "quotes follow their answers": quotes_follow_their_answers,
        "one decision each": one_decision_each,
        "every course was run": every_course_was_run,
    },
)
