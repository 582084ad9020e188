"""Approvers, askers, administrators and clocks at the same moment, on a real PostgreSQL."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from chassis.database.backbone_tables import jobs, outbox
from contracts.approvals import ApprovalRequestState, RequestStatus
from desk.approvals.actions.clock import CLOCK_JOB
from desk.approvals.actions.leaving import LEAVING_JOB
from desk.approvals.store import approval_history
from desk.approvals.timers import replace_leaver, run_clock
from services.desk.tests.factories import (
    HEAD,
    Body,
    as_,
    ask,
    asked,
    build_company,
    discounts,
    one_branch,
    publish,
    read,
    step,
    tasks_of,
)
from testkit.directory import Company, subject
from testkit.jobs import job_of, make_job
from testkit.plugin import Committed

BOTH: Sequence[Body] = (
    {"source": "PERSON", "name": subject("sun")},
    {"source": "PERSON", "name": subject("wu")},
)


@pytest.fixture(autouse=True)
async def company(committed: Committed, tenant: UUID, committed_client: AsyncClient) -> None:
    async with committed.app.begin(tenant) as tx:
        await build_company(tx)


class Race:
    """Requests that commit, and what becomes of them."""

    def __init__(self, client: AsyncClient, committed: Committed, tenant: UUID) -> None:
        self.client, self.committed, self.tenant = client, committed, tenant

    async def ask(self, request: ApprovalRequestState | None = None) -> UUID:
        async with self.committed.app.begin(self.tenant) as tx:
            return await ask(tx, request or asked())

    async def task_path(self, name: str) -> str:
        [task] = await tasks_of(self.client, as_(self.tenant, name))
        return f"/approval-tasks/{task['id']}"

    async def decide(self, path: str, name: str, verb: str) -> Response:
        body = {"comment": "理由"}
        who = as_(self.tenant, name)
        return await self.client.post(f"{path}/{verb}", json=body, headers=who)

    async def count(self, approval_id: UUID, *actions: str) -> int:
        c = approval_history.c
        query = select(func.count()).where(c.approval_id == approval_id, c.action.in_(actions))
        async with self.committed.app.begin(self.tenant) as tx:
            return (await tx.execute(query)).scalar_one()

    async def decided_events(self, approval_id: UUID) -> int:
        c = outbox.c
        query = select(func.count()).where(
            c.aggregateid == approval_id, c.type == "desk.approval.decided.v1"
        )
        async with self.committed.app.begin(self.tenant) as tx:
            return (await tx.execute(query)).scalar_one()


@pytest.fixture
def race(committed_client: AsyncClient, committed: Committed, tenant: UUID) -> Race:
    return Race(committed_client, committed, tenant)


async def test_of_two_approvers_at_once_one_decides_where_one_is_enough(race: Race) -> None:
    await publish(race.client, one_branch(step("one", *BOTH)))
    for _ in range(5):
        approval_id = await race.ask()
        sun, wu = await race.task_path("sun"), await race.task_path("wu")
        answers = await asyncio.gather(
            race.decide(sun, "sun", "approve"), race.decide(wu, "wu", "reject")
        )
        assert Counter(each.status_code for each in answers) == {200: 1, 409: 1}
        [loser] = [each for each in answers if each.status_code == 409]
        assert loser.json()["code"] == "APPROVAL_ENDED"
        winner = "APPROVED" if answers[0].status_code == 200 else "REJECTED"
        assert (await read(race.client, approval_id))["status"] == winner
        assert await race.count(approval_id, "APPROVED", "REJECTED") == 1
        assert await race.decided_events(approval_id) == 1


async def test_both_of_two_approvers_at_once_count_where_both_are_needed(race: Race) -> None:
    await publish(race.client, one_branch(step("all", *BOTH, mode="ALL_OF")))
    for _ in range(5):
        approval_id = await race.ask()
        sun, wu = await race.task_path("sun"), await race.task_path("wu")
        answers = await asyncio.gather(
            race.decide(sun, "sun", "approve"), race.decide(wu, "wu", "approve")
        )
        assert [each.status_code for each in answers] == [200, 200]
        assert (await read(race.client, approval_id))["status"] == "APPROVED"
        assert await race.decided_events(approval_id) == 1


async def test_one_approver_who_clicks_ten_times_decides_once(race: Race) -> None:
    await publish(race.client, one_branch(step("one", HEAD)))
    approval_id = await race.ask()
    path = await race.task_path("sun")
    answers = await asyncio.gather(*(race.decide(path, "sun", "approve") for _ in range(10)))
    assert {each.status_code for each in answers} == {200}
    assert await race.count(approval_id, "APPROVED") == 1


async def test_approving_against_withdrawing_has_one_end(race: Race) -> None:
    await publish(race.client, one_branch(step("one", HEAD)))
    li = as_(race.tenant, "li")
    for _ in range(5):
        approval_id = await race.ask()
        path = await race.task_path("sun")
        approved, withdrawn = await asyncio.gather(
            race.decide(path, "sun", "approve"),
            race.client.post(f"/approvals/{approval_id}/withdraw", json={}, headers=li),
        )
        assert Counter([approved.status_code, withdrawn.status_code]) == {200: 1, 409: 1}
        status = "APPROVED" if approved.status_code == 200 else "WITHDRAWN"
        assert (await read(race.client, approval_id))["status"] == status
        assert await race.decided_events(approval_id) == 1


async def test_what_its_service_withdraws_stays_withdrawn_whoever_decides(race: Race) -> None:
    await publish(race.client, one_branch(step("one", HEAD)))
    for _ in range(5):
        request = asked()
        approval_id = await race.ask(request)
        path = await race.task_path("sun")
        values = {"status": RequestStatus.WITHDRAWN, "ended_by": request.requested_by}
        await asyncio.gather(
            race.decide(path, "sun", "approve"), race.ask(request.model_copy(update=values))
        )
        assert (await read(race.client, approval_id))["status"] == "WITHDRAWN"


async def test_the_same_request_delivered_at_once_is_opened_once(race: Race) -> None:
    await publish(race.client, one_branch(step("one", HEAD)))
    request = asked()
    results = await asyncio.gather(*(race.ask(request) for _ in range(5)), return_exceptions=True)
    # The inbox keeps copies of one event apart; even without it, all but one fail and are retried.
    assert any(one == request.approval_id for one in results)
    assert await race.count(request.approval_id, "REQUESTED") == 1
    assert len(await tasks_of(race.client, as_(race.tenant, "sun"))) == 1


async def test_requests_keep_the_flow_that_they_met_while_it_is_edited(race: Race) -> None:
    await publish(race.client, discounts())

    async def edit() -> None:
        new = one_branch(step("boss", {"source": "ROLE", "name": "ADMIN"}))
        await publish(race.client, new, based_on=1)

    requests = [asked(amount="10", rate="0.15") for _ in range(10)]
    await asyncio.gather(*(race.ask(one) for one in requests), edit())
    found = [await read(race.client, one.approval_id) for one in requests]
    by_version = {1: "manager", 2: "boss"}
    assert all(one["steps"][0]["key"] == by_version[one["flow_version"]] for one in found)
    for one in found:  # each is decided by the step that it was opened with
        name = "sun" if one["flow_version"] == 1 else "zhao"
        path = f"/approval-tasks/{one['steps'][0]['seats'][0]['id']}"
        assert (await race.decide(path, name, "approve")).status_code == 200


async def test_of_two_administrators_one_publishes(race: Race) -> None:
    bodies = [
        {"flow": one_branch(step(key, HEAD)), "based_on": 0} for key in ("first", "second", "third")
    ]
    path = "/approval-flows/cpq.quote_discount/versions"
    answers = await asyncio.gather(*(race.client.post(path, json=body) for body in bodies))
    assert Counter(each.status_code for each in answers) == {201: 1, 409: 2}


async def test_an_approver_who_leaves_while_deciding_decides_or_is_replaced(race: Race) -> None:
    await publish(race.client, one_branch(step("one", HEAD)))

    async def leave() -> None:
        job = make_job(race.tenant, LEAVING_JOB, subject("sun"), payload={"after": None})
        async with race.committed.worker.begin(race.tenant) as tx:
            await replace_leaver(tx, job)

    for _ in range(5):
        approval_id = await race.ask()
        path = await race.task_path("sun")
        decided, _ = await asyncio.gather(race.decide(path, "sun", "approve"), leave())
        approval = await read(race.client, approval_id)
        if decided.status_code == 200:
            assert approval["status"] == "APPROVED"
        else:
            assert approval["status"] == "PENDING"
            [seat] = approval["steps"][0]["seats"]
            assert (seat["person"], seat["state"]) == (subject("qian"), "OPEN")
            qian = f"/approval-tasks/{seat['id']}"
            assert (await race.decide(qian, "qian", "approve")).status_code == 200


async def test_a_person_without_rights_any_more_decides_nothing(race: Race) -> None:
    await publish(race.client, one_branch(step("one", HEAD)))
    approval_id = await race.ask()
    path = await race.task_path("sun")
    async with race.committed.app.begin(race.tenant) as tx:
        company = Company(tx)
        company._sequence = 100  # later than all that built the company
        await company.person("sun", "team A", active=False)
    refused = await race.decide(path, "sun", "approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "PERSON_INACTIVE")
    assert (await read(race.client, approval_id))["status"] == "PENDING"


async def test_a_clock_and_an_approver_at_once_have_one_end(race: Race) -> None:
    limit = {"minutes": 60, "action": "REJECT"}
    await publish(race.client, one_branch(step("one", HEAD, limit=limit)))
    for _ in range(5):
        approval_id = await race.ask()
        path = await race.task_path("sun")
        async with race.committed.worker.begin(race.tenant) as tx:
            due = (await tx.execute(select(jobs).where(jobs.c.kind == CLOCK_JOB))).one()

        async def ring(row: Any) -> None:
            async with race.committed.worker.begin(race.tenant) as tx:
                await tx.execute(jobs.delete().where(jobs.c.id == row.id))
                await run_clock(tx, job_of(row, now=row.run_at))

        decided, _ = await asyncio.gather(race.decide(path, "sun", "approve"), ring(due))
        expected = "APPROVED" if decided.status_code == 200 else "REJECTED"
        assert (await read(race.client, approval_id))["status"] == expected
        assert await race.decided_events(approval_id) == 1


async def test_bulk_decisions_in_opposite_orders_do_not_deadlock(race: Race) -> None:
    await publish(race.client, one_branch(step("all", *BOTH, mode="ALL_OF")))
    ids = [await race.ask() for _ in range(10)]

    async def bulk(name: str, *, backwards: bool) -> Response:
        tasks = await tasks_of(race.client, as_(race.tenant, name))
        items = [
            {"id": one["id"], "version": one["version"], "verdict": "APPROVE"} for one in tasks
        ]
        body = {"items": items[::-1] if backwards else items}
        path = "/approval-tasks/decisions"
        return await race.client.post(path, json=body, headers=as_(race.tenant, name))

    answers = await asyncio.gather(bulk("sun", backwards=False), bulk("wu", backwards=True))
    statuses = {each["status"] for answer in answers for each in answer.json()["items"]}
    assert (statuses, [answer.status_code for answer in answers]) == ({200}, [207, 207])
    assert {(await read(race.client, one))["status"] for one in ids} == {"APPROVED"}
