"""A quote over its limit, from the seller through two approvers in desk back to the order."""

from collections import Counter
from dataclasses import replace

import pytest

from desk.approvals.actions.leaving import LEAVING_JOB
from testkit import tokens
from tests.journeys.company import SALES, Company, create_company
from tests.journeys.due_jobs import run_due
from tests.journeys.steps import convert_lead, create_price_book, create_qualified_lead
from tests.journeys.test_lead_to_cash import assert_everything_is_consumed
from tests.journeys.world import Json, World

DESK = (
    "desk.approval.read desk.approval.write desk.approval_task.read desk.approval_task.write "
    "cpq.price_book.read cpq.product.read"
)
KIND = "cpq.quote_discount"
OVER_TEN_PERCENT = {"field": "discount_rate", "operator": "GT", "value": "0.10"}
STEPS: list[Json] = [
    {"key": "head", "name": "部门负责人", "approvers": [{"source": "DEPARTMENT_HEAD"}]},
    {"key": "chief", "name": "上级", "approvers": [{"source": "SUPERIOR", "levels": 1}]},
]


class Approvals:
    """A company whose quotes over 10 % go through two steps: the seller li, and both heads."""

    def __init__(self, world: World, company: Company, opportunity_id: str, book: Json) -> None:
        self.world, self.company = world, company
        self.opportunity_id, self.book = opportunity_id, book

    def as_(self, name: str) -> World:
        scope = f"{SALES} {DESK}"
        headers = tokens.bearer(
            self.world.tenant, sub=self.company.people[name], name=name, scope=scope
        )
        return replace(self.world, headers=headers)

    async def quote(self, discount: str) -> Json:
        """Create the draft of li's quote, with the admin's rights on the opportunity."""
        product = self.book["entries"][0]["product_id"]
        line = {"product_id": product, "quantity": "2", "discount_rate": discount}
        body = {
            "opportunity_id": self.opportunity_id,
            "owner_id": self.company.people["li"],
            "lines": [line],
        }
        return await self.world.post("/cpq/v1/quotes", body)

    async def submitted(self) -> str:
        quote = await self.quote("0.15")
        path = f"/cpq/v1/quotes/{quote['id']}"
        waiting = await self.as_("li").post(f"{path}/submit")
        assert waiting["status"] == "IN_APPROVAL"
        await self.world.deliver_events()
        return path

    async def task(self, name: str) -> Json:
        [task] = await self.as_(name).items("/desk/v1/approval-tasks?state=OPEN")
        return task

    async def decide(self, name: str, verb: str = "approve") -> None:
        task = await self.task(name)
        body = {"comment": "已核对"}
        await self.as_(name).post(f"/desk/v1/approval-tasks/{task['id']}/{verb}", body)
        await self.world.deliver_events()

    async def status(self, path: str) -> str:
        status: str = (await self.world.get(path))["status"]
        return status

    async def outcomes(self) -> tuple[Counter[str], Counter[str]]:
        """Return what became of all requests, as the asking service and as desk say."""
        here, there = Counter[str](), Counter[str]()
        for quote in await self.world.items("/cpq/v1/quotes"):
            path = f"/cpq/v1/quotes/{quote['id']}/approvals"
            here.update(one["status"] for one in await self.world.items(path))
        there.update(one["status"] for one in await self.world.items("/desk/v1/approvals"))
        return here, there


@pytest.fixture
async def approvals(world: World) -> Approvals:
    company = await create_company(world)
    book = await create_price_book(world)
    rules = {"hit_policy": "COLLECT", "rows": [{"id": "over", "condition": OVER_TEN_PERCENT}]}
    body: Json = {"rules": rules, "based_on": 0}
    await world.post("/cpq/v1/rule-sets/quote_approval/versions", body)
    row = {"id": "all", "condition": {"all": []}, "outcome": {"branch": "two"}}
    flow = {
        "rules": {"hit_policy": "FIRST", "rows": [row]},
        "branches": {"two": {"steps": STEPS}},
        "fallback": {"source": "PERSON", "name": company.people["head"]},
    }
    body = {"flow": flow, "based_on": 0}
    await world.post(f"/desk/v1/approval-flows/{KIND}/versions", body)
    operation = await convert_lead(world, await create_qualified_lead(world))
    await world.deliver_events()
    return Approvals(world, company, operation["result"]["opportunity_id"], book)


async def test_a_quote_over_its_limit_goes_through_two_steps_and_becomes_an_order(
    approvals: Approvals,
) -> None:
    world = approvals.world
    path = await approvals.submitted()
    refused = await approvals.as_("li").post(f"{path}/send", expect=409)
    assert refused["code"] == "QUOTE_IN_APPROVAL"
    [todo] = await approvals.as_("east_head").items("/org/v1/tasks")
    assert (todo["kind"], todo["resource"]) == ("DECIDE_APPROVAL", "desk.approval_task")
    await approvals.decide("east_head")
    assert await approvals.status(path) == "IN_APPROVAL"
    await approvals.decide("head")
    assert await approvals.status(path) == "APPROVED"
    [notice] = await approvals.as_("li").items("/org/v1/notifications?kind=APPROVAL_ENDED")
    assert notice["resource"] == "desk.approval"
    await world.post(f"{path}/send")
    await world.post(f"{path}/accept")
    await world.deliver_events()
    [order] = await world.items("/rms/v1/orders")
    assert f"/cpq/v1/quotes/{order['quote_id']}" == path
    await assert_everything_is_consumed(world)


async def test_rejections_withdrawals_and_changes_reach_the_other_side(
    approvals: Approvals,
) -> None:
    rejected = await approvals.submitted()
    await approvals.decide("east_head", "reject")
    assert await approvals.status(rejected) == "DRAFT"
    withdrawn = await approvals.submitted()
    await approvals.as_("li").post(f"{withdrawn}/withdraw")
    taken_back_in_desk = await approvals.submitted()
    [request] = await approvals.as_("li").items("/desk/v1/approvals?status=PENDING")
    await approvals.as_("li").post(f"/desk/v1/approvals/{request['id']}/withdraw")
    await approvals.world.deliver_events()
    void = await approvals.submitted()
    await approvals.world.call("PATCH", void, {"valid_until": "2030-01-31"})
    await approvals.world.deliver_events()
    for path in (withdrawn, taken_back_in_desk, void):
        assert await approvals.status(path) == "DRAFT"
    expected = Counter(REJECTED=1, WITHDRAWN=2, VOID=1)
    assert await approvals.outcomes() == (expected, expected)
    assert await approvals.as_("east_head").items("/desk/v1/approval-tasks?state=OPEN") == []


async def test_a_decision_that_crosses_a_change_comes_too_late_on_both_sides(
    approvals: Approvals,
) -> None:
    path = await approvals.submitted()
    await approvals.decide("east_head")
    task = await approvals.task("head")
    await approvals.world.call("PATCH", path, {"valid_until": "2030-01-31"})
    # Nothing was delivered yet, so desk lets the head approve.
    await approvals.as_("head").post(f"/desk/v1/approval-tasks/{task['id']}/approve")
    await approvals.world.deliver_events()
    assert await approvals.status(path) == "DRAFT"
    expected = Counter(VOID=1)
    assert await approvals.outcomes() == (expected, expected)


async def test_an_approver_who_is_deactivated_is_replaced(approvals: Approvals) -> None:
    await approvals.submitted()
    person = approvals.company.people["east_head"]
    await approvals.world.post(f"/org/v1/people/{person}/deactivate")
    await approvals.world.deliver_events()
    assert await run_due(approvals.world, "desk", LEAVING_JOB) == 1
    await approvals.world.deliver_events()
    assert (await approvals.task("head"))["state"] == "OPEN"
