"""A quote over its limit: two people approve it before it is sent and accepted."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from deploy.demo.client import Json, Person, UnexpectedAnswer

KIND: Final = "cpq.quote_discount"
DISCOUNT: Final = "0.25"
OVER_TWENTY_PERCENT: Final = {"field": "discount_rate", "operator": "GT", "value": "0.20"}
STEPS: Final = [
    {"key": "manager", "name": "销售经理", "approvers": [{"source": "DEPARTMENT_HEAD"}]},
    {"key": "director", "name": "总监", "approvers": [{"source": "SUPERIOR", "levels": 1}]},
]
FLOW: Final[Json] = {
    "rules": {
        "hit_policy": "FIRST",
        "rows": [{"id": "all", "condition": {"all": []}, "outcome": {"branch": "two"}}],
    },
    "branches": {"two": {"steps": STEPS}},
    "fallback": {"source": "ROLE", "name": "ADMIN"},
}
RULES: Final[Json] = {
    "hit_policy": "COLLECT",
    "rows": [{"id": "discount", "name": "折扣超过 20 %", "condition": OVER_TWENTY_PERCENT}],
}


async def set_limit(admin: Person) -> None:
    """Let quotes with a discount over 20 % go through two steps, unless that is so already."""
    if (await admin.get("/cpq/v1/rule-sets/quote_approval"))["version"] == 0:
        body = {"rules": RULES, "based_on": 0}
        await admin.post("/cpq/v1/rule-sets/quote_approval/versions", body, key="demo-limit")
    path = f"/desk/v1/approval-flows/{KIND}"
    for _ in range(200):  # until the copy of who holds which role has arrived in desk
        if (await admin.get(path))["version_in_force"] > 0:
            return
        try:
            await admin.post(f"{path}/versions", {"flow": FLOW, "based_on": 0}, key="demo-flow")
        except UnexpectedAnswer as error:
            if "FLOW_ROLE_EMPTY" not in str(error):
                raise
            await asyncio.sleep(0.05)
    raise UnexpectedAnswer("desk has not received who holds the role ADMIN")


async def approved_quote(
    seller: Person, approvers: Mapping[str, Person], quote: Json
) -> dict[str, Any]:
    """Submit a quote, let everybody approve in turn, send and accept it; return what was done."""
    path = f"/cpq/v1/quotes/{quote['id']}"
    quote = await seller.get(path)
    if quote["status"] == "DRAFT":
        quote = await seller.post(f"{path}/submit", seen=quote)
    [request, *_] = (await seller.get(f"{path}/approvals"))["items"]
    for name, approver in approvers.items():
        if (await seller.get(path))["status"] == "IN_APPROVAL":
            await _approve(approver, request["id"], name)
    quote = await _settled(seller, path)
    if quote["status"] == "APPROVED":
        quote = await seller.post(f"{path}/send", seen=quote)
    if quote["status"] == "SENT":
        quote = await seller.post(f"{path}/accept", seen=quote)
    approval = await seller.get(f"/desk/v1/approvals/{request['id']}")
    return {
        "document_no": quote["document_no"],
        "gross_total": quote["gross_total"],
        "discount_rate": DISCOUNT,
        "status": quote["status"],
        "approval": approval["status"],
        "steps": [
            {"step": step["name"], "by": seat["decided_by_name"], "state": seat["state"]}
            for step in approval["steps"]
            for seat in step["seats"]
        ],
    }


async def _approve(approver: Person, approval_id: str, name: str) -> None:
    """Approve the task of this request, once it has come."""
    mine = f"/desk/v1/approval-tasks?approval_id={approval_id}"
    task = await approver.until(mine)
    if task["state"] == "OPEN":
        path = f"/desk/v1/approval-tasks/{task['id']}/approve"
        await approver.post(path, {"comment": f"同意（{name}）"}, seen=task)


async def _settled(seller: Person, path: str) -> Json:
    """Wait until the answer of desk has arrived in cpq."""
    for _ in range(1_200):
        quote = await seller.get(path)
        if quote["status"] != "IN_APPROVAL":
            return quote
        await asyncio.sleep(0.05)
    raise UnexpectedAnswer(f"{path} got no answer")


def went_through_two_steps(report: Mapping[str, Any]) -> bool:
    """Return whether two people approved, and the customer accepted."""
    states = [step["state"] for step in report["steps"]]
    people = {step["by"] for step in report["steps"]}
    done = (report["approval"], report["status"]) == ("APPROVED", "ACCEPTED")
    return done and states == ["APPROVED"] * 2 and len(people) == 2
