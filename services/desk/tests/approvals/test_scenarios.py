"""Who decides on which quote: the numbers of discounts and amounts."""

from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.tests.factories import (
    as_,
    ask,
    asked,
    build_company,
    decide,
    discounts,
    publish,
    read,
    tasks_of,
)
from testkit.directory import subject
from testkit.plugin import PublishedFacts, PublishedWork


@pytest.fixture(autouse=True)
async def company(tx: AsyncConnection, client: AsyncClient) -> None:
    await build_company(tx)
    await publish(client, discounts())


@pytest.mark.parametrize(
    ("amount", "rate", "asker", "approver"),
    [
        ("10000", "0.11", "li", "sun"),  # up to 20 %: the head of the asker's team
        ("10000", "0.20", "li", "sun"),
        ("10000", "0.2001", "li", "qian"),  # else the director
        ("600000", "0.08", "li", "qian"),  # 500,000 and more always the director
        ("500000", "0", "li", "qian"),
        ("600000", "0.08", "qian", "zhao"),  # the director asks: the next superior
        ("10000", "0.15", "sun", "qian"),  # the head asks: the next head
    ],
)
async def test_amount_and_discount_choose_the_approver(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    amount: str,
    rate: str,
    asker: str,
    approver: str,
) -> None:
    await ask(tx, asked(asker, amount=amount, rate=rate))
    [task] = await tasks_of(client, as_(tenant, approver))
    assert (task["state"], task["requested_by"]) == ("OPEN", subject(asker))


async def test_ten_percent_pass_at_once(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    approval = await read(client, await ask(tx, asked(amount="499999.99", rate="0.10")))
    assert (approval["status"], approval["steps"]) == ("APPROVED", [])
    history = (await client.get(f"/approvals/{approval['id']}/history")).json()["items"]
    assert [each["action"] for each in history] == ["DECIDED_BY_RULE", "REQUESTED"]
    assert [fact.type for fact in await published()] == ["desk.approval.decided.v1"]


async def test_a_decision_names_the_version_it_was_given_for(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    request = asked(record_version=7)
    approval_id = await ask(tx, request)
    await decide(client, as_(tenant, "qian"), comment="同意")
    opened, decided = await published()
    assert (opened.type, decided.type) == ("desk.approval.opened.v1", "desk.approval.decided.v1")
    state = decided.payload["approval"]
    assert (state["status"], state["record_version"], state["ended_by"]) == (
        "APPROVED",
        7,
        subject("qian"),
    )
    approval = await read(client, approval_id)
    assert (approval["facts"]["amount"], approval["lines"]) == ("600000", list(request.lines))
    history = (await client.get(f"/approvals/{approval_id}/history")).json()["items"]
    assert [(each["action"], each["record_version"]) for each in history] == [
        ("APPROVED", 7),
        ("ASKED", 7),
        ("REQUESTED", 7),
    ]
    assert (history[0]["actor_name"], history[0]["comment"]) == ("qian", "同意")


async def test_an_approval_with_a_stale_version_is_refused(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await ask(tx, asked())
    qian = as_(tenant, "qian")
    [task] = await tasks_of(client, qian)
    await client.post(
        f"/approval-tasks/{task['id']}/delegate", json={"to": subject("wang")}, headers=qian
    )
    taken = await client.post(f"/approval-tasks/{task['id']}/take-back", headers=qian)
    stale = {**qian, "If-Match": f'"{task["version"]}"'}
    refused = await client.post(f"/approval-tasks/{task['id']}/approve", headers=stale)
    assert (taken.status_code, refused.status_code) == (200, 412)
    fresh = {**qian, "If-Match": taken.headers["ETag"]}
    approved = await client.post(f"/approval-tasks/{task['id']}/approve", headers=fresh)
    assert (approved.status_code, approved.json()["state"]) == (200, "APPROVED")


async def test_people_get_tasks_and_the_asker_a_notice(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published_work: PublishedWork
) -> None:
    await ask(tx, asked())
    await decide(client, as_(tenant, "qian"), "reject", comment="折扣过高")
    steps = [(work.step, work.kind, work.person) for work in await published_work()]
    assert steps == [
        ("raised", "DECIDE_APPROVAL", subject("qian")),
        ("settled", "DECIDE_APPROVAL", subject("qian")),
        ("notified", "APPROVAL_ENDED", subject("li")),
    ]
    messages = [work.message for work in await published_work()]
    assert messages[-1] == "Q-2026-000123 (Discount of a quote) was rejected."


async def test_approvers_read_the_request_and_others_do_not(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    approval_id = await ask(tx, asked("wang", amount="10000", rate="0.3"))
    seen = {
        name: (await client.get(f"/approvals/{approval_id}", headers=as_(tenant, name))).status_code
        for name in ("wang", "qian", "li", "zheng")
    }
    assert seen == {"wang": 200, "qian": 200, "li": 404, "zheng": 404}
    mine = await client.get(
        "/approvals", params={"requested_by": subject("wang")}, headers=as_(tenant, "wang")
    )
    assert [each["id"] for each in mine.json()["items"]] == [str(approval_id)]
