"""What approvers can do with their tasks, through the API."""

from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.approvals import RequestStatus
from desk.approvals.actions.leaving import LEAVING_JOB
from desk.approvals.timers import replace_leaver
from services.desk.tests.factories import (
    HEAD,
    NOW,
    SCOPES,
    Body,
    as_,
    ask,
    asked,
    build_company,
    decide,
    one_branch,
    publish,
    read,
    step,
    tasks_of,
)
from testkit.directory import Company, leave, subject
from testkit.jobs import make_job
from testkit.plugin import PublishedFacts

TWO_STEPS = one_branch(step("head", HEAD), step("second", {"source": "SUPERIOR", "levels": 1}))


@pytest.fixture(autouse=True)
async def company(tx: AsyncConnection, client: AsyncClient) -> Company:
    company = await build_company(tx)
    await publish(client, TWO_STEPS)
    return company


async def actions_of(client: AsyncClient, approval_id: UUID) -> list[str]:
    answer = await client.get(f"/approvals/{approval_id}/history")
    return [each["action"] for each in reversed(answer.json()["items"])]


async def post(
    client: AsyncClient, who: dict[str, str], verb: str, body: Body | None = None
) -> tuple[int, str | None]:
    """Move the one open task of somebody; return the status and the code of a refusal."""
    [task] = await tasks_of(client, who)
    answer = await client.post(f"/approval-tasks/{task['id']}/{verb}", json=body, headers=who)
    return answer.status_code, answer.json().get("code")


async def test_two_steps_are_gone_through(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    approval_id = await ask(tx, asked())
    await decide(client, as_(tenant, "sun"), comment="一审同意")
    middle = await read(client, approval_id)
    assert [(one["key"], one["is_present"]) for one in middle["steps"]] == [
        ("head", False),
        ("second", True),
    ]
    await decide(client, as_(tenant, "qian"))
    assert (await read(client, approval_id))["status"] == "APPROVED"
    expected = ["REQUESTED", "ASKED", "APPROVED", "ASKED", "APPROVED"]
    assert await actions_of(client, approval_id) == expected


async def test_the_same_decision_twice_is_one_and_another_comment_is_refused(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    approval_id = await ask(tx, asked())
    sun = as_(tenant, "sun")
    task = await decide(client, sun, comment="同意")
    path = f"/approval-tasks/{task['id']}/approve"
    again = await client.post(path, json={"comment": "同意"}, headers=sun)
    other = await client.post(path, json={"comment": "不同意见"}, headers=sun)
    reject = await client.post(
        f"/approval-tasks/{task['id']}/reject", json={"comment": "不"}, headers=sun
    )
    assert (again.status_code, other.json()["code"]) == (200, "MOVE_MADE_OTHERWISE")
    assert (reject.status_code, reject.json()["code"]) == (409, "SEAT_NOT_OPEN")
    assert (await actions_of(client, approval_id)).count("APPROVED") == 1


async def test_withdrawing_again_for_another_reason_is_refused(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    approval_id = await ask(tx, asked())
    path, li = f"/approvals/{approval_id}/withdraw", as_(tenant, "li")
    stranger = await client.post(path, json={}, headers=as_(tenant, "zheng"))
    first = await client.post(path, json={"reason": "改数量"}, headers=li)
    again = await client.post(path, json={"reason": "改数量"}, headers=li)
    other = await client.post(path, json={"reason": "客户不要了"}, headers=li)
    assert (stranger.status_code, stranger.json()["code"]) == (404, "APPROVAL_NOT_FOUND")
    assert (first.json()["status"], again.status_code) == ("WITHDRAWN", 200)
    assert (other.status_code, other.json()["code"]) == (409, "MOVE_MADE_OTHERWISE")
    assert await tasks_of(client, as_(tenant, "sun")) == []
    assert (await published())[-1].type == "desk.approval.decided.v1"  # its service acts on it


async def test_a_task_is_handed_on_but_not_to_the_asker_or_somebody_unknown(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    approval_id = await ask(tx, asked())
    sun = as_(tenant, "sun")
    assert await post(client, sun, "hand-on", {"to": "nobody"}) == (422, "VALIDATION_FAILED")
    to_asker = await post(client, sun, "hand-on", {"to": subject("li")})
    assert to_asker == (409, "ASKER_MAY_NOT_APPROVE")
    assert (await post(client, sun, "hand-on", {"to": subject("wu")}))[0] == 200
    assert await tasks_of(client, sun) == []
    await decide(client, as_(tenant, "wu"))
    assert await actions_of(client, approval_id) == [
        "REQUESTED",
        "ASKED",
        "HANDED_ON",
        "APPROVED",
        "ASKED",
    ]


async def test_a_delegated_task_is_decided_on_behalf_or_taken_back(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await ask(tx, asked())
    sun, wu = as_(tenant, "sun"), as_(tenant, "wu")
    [task] = await tasks_of(client, sun)
    path = f"/approval-tasks/{task['id']}"
    assert (await post(client, sun, "delegate", {"to": subject("wu")}))[0] == 200
    assert (await client.post(f"{path}/approve", headers=sun)).json()["code"] == "TASK_NOT_YOURS"
    assert (await client.get(path, headers=sun)).json()["instead_of_name"] == "sun"
    assert (await client.post(f"{path}/take-back", headers=wu)).json()["code"] == "NOT_DELEGATED"
    assert (await client.post(f"{path}/take-back", headers=sun)).status_code == 200
    assert (await post(client, sun, "delegate", {"to": subject("wu")}))[0] == 200
    decided = await decide(client, wu)
    assert (decided["decided_by_name"], decided["instead_of_name"]) == ("wu", "sun")


async def test_approvers_are_added_before_and_after(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    approval_id = await ask(tx, asked())
    sun = as_(tenant, "sun")
    body = {"to": subject("wang"), "before": False}
    assert (await post(client, sun, "add-approver", body))[0] == 200
    again = await post(client, sun, "add-approver", body)
    assert again == (409, "APPROVER_ASKED_ALREADY")
    body = {"to": subject("wu"), "before": True, "comment": "请先看"}
    assert (await post(client, sun, "add-approver", body))[0] == 200
    assert await tasks_of(client, sun) == []  # it is wu's turn
    for name in ("wu", "sun", "wang"):
        await decide(client, as_(tenant, name))
    assert (await read(client, approval_id))["steps"][1]["is_present"]


async def test_a_request_goes_back_to_a_step_or_to_the_asker(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    approval_id = await ask(tx, asked())
    await decide(client, as_(tenant, "sun"))
    qian = as_(tenant, "qian")
    unknown = await post(client, qian, "send-back", {"step": "second", "comment": "补充"})
    assert unknown == (409, "STEP_NOT_EARLIER")
    assert (await post(client, qian, "send-back", {"step": "head", "comment": "补充"}))[0] == 200
    assert (await read(client, approval_id))["round"] == 2
    back = {"step": None, "comment": "请重新报价"}
    assert (await post(client, as_(tenant, "sun"), "send-back", back))[0] == 200
    approval = await read(client, approval_id)
    assert (approval["status"], approval["reason"]) == ("RETURNED", "请重新报价")
    assert (await published())[-1].payload["approval"]["status"] == "RETURNED"


async def test_somebody_with_the_right_decides_on_behalf_and_both_are_named(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    approval_id = await ask(tx, asked())
    [task] = await tasks_of(client, as_(tenant, "sun"))
    path = f"/approval-tasks/{task['id']}/approve-on-behalf"
    body = {"comment": "出差，电话确认"}
    plain = await client.post(path, json=body, headers=as_(tenant, "zhao"))
    scope = f"{SCOPES} desk.approval_task.decide_for"
    asker = await client.post(path, json=body, headers=as_(tenant, "li", scope=scope))
    admin = await client.post(path, json=body, headers=as_(tenant, "zhao", scope=scope))
    assert (plain.status_code, admin.status_code) == (403, 200)
    assert asker.json()["code"] == "ASKER_MAY_NOT_APPROVE"
    entries = (await client.get(f"/approvals/{approval_id}/history")).json()["items"]
    entry = next(each for each in entries if each["action"] == "APPROVED")
    assert (entry["actor_name"], entry["on_behalf_of_name"]) == ("zhao", "sun")


async def test_many_tasks_are_decided_each_by_itself(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    for _ in range(3):
        await ask(tx, asked())
    sun = as_(tenant, "sun")
    first, second, third = await tasks_of(client, sun)
    items = [
        {"id": first["id"], "version": first["version"], "verdict": "APPROVE"},
        {"id": second["id"], "version": 99, "verdict": "APPROVE"},
        {"id": third["id"], "version": third["version"], "verdict": "REJECT", "comment": "不"},
    ]
    answer = await client.post("/approval-tasks/decisions", json={"items": items}, headers=sun)
    results = answer.json()["items"]
    assert answer.status_code == 207
    assert [(each["status"], each["code"]) for each in results] == [
        (200, None),
        (412, "STALE_COPY"),
        (200, None),
    ]
    assert [one["id"] for one in await tasks_of(client, sun)] == [second["id"]]


async def test_who_is_on_leave_is_represented(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    today = NOW.date()
    away = leave(today, today.replace(day=20), "wu")
    await company.person("sun", "team A", leaves=[away])
    await ask(tx, asked())
    [task] = await tasks_of(client, as_(tenant, "wu"))
    assert (task["origin"], task["instead_of_name"]) == ("SUBSTITUTE", "sun")


async def test_an_approver_who_leaves_is_replaced_by_their_superior(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    approval_id = await ask(tx, asked())
    await company.person("sun", "team A", active=False)
    job = make_job(tenant, LEAVING_JOB, subject("sun"), payload={"after": None}, now=NOW)
    await replace_leaver(tx, job)
    [task] = await tasks_of(client, as_(tenant, "qian"))
    assert task["approval_id"] == str(approval_id)
    assert (await actions_of(client, approval_id))[-1] == "REPLACED"
    # qian is the second approver, too, and is asked once.
    await decide(client, as_(tenant, "qian"))
    assert (await read(client, approval_id))["status"] == "APPROVED"


@pytest.mark.parametrize("status", [RequestStatus.WITHDRAWN, RequestStatus.VOID])
async def test_what_its_service_ends_is_ended_also_after_a_decision(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, status: RequestStatus
) -> None:
    request = asked()
    approval_id = await ask(tx, request)
    await decide(client, as_(tenant, "sun"))
    await decide(client, as_(tenant, "qian"))
    ended = request.model_copy(
        update={"status": status, "ended_by": request.requested_by, "ended_at": NOW}
    )
    await ask(tx, ended)
    await ask(tx, ended)  # a repetition changes nothing
    assert (await read(client, approval_id))["status"] == status
    assert len(await actions_of(client, approval_id)) == 6


async def test_repeated_requests_and_echoes_of_answers_change_nothing(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    request = asked()
    approval_id = await ask(tx, request)
    await ask(tx, request)
    await decide(client, as_(tenant, "sun"), "reject", comment="不")
    count = len(await published())
    await ask(tx, request)
    await ask(tx, request.model_copy(update={"status": RequestStatus.REJECTED}))
    assert (len(await published()), (await read(client, approval_id))["status"]) == (
        count,
        "REJECTED",
    )
