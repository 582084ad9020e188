"""Reminders, escalation and defaults, in working time: 9:00 to 18:00 with a break of an hour."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from desk.approvals.actions.clock import CLOCK_JOB
from desk.approvals.actions.leaving import LEAVING_JOB
from desk.approvals.timers import replace_leaver, run_clock
from services.desk.tests.factories import (
    HEAD,
    NOW,
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
from testkit.directory import Company, subject
from testkit.jobs import job_of, make_job
from testkit.plugin import PublishedWork


@pytest.fixture(autouse=True)
async def company(tx: AsyncConnection, client: AsyncClient) -> Company:
    return await build_company(tx)


async def clocks(tx: AsyncConnection) -> list[Any]:
    query = select(jobs).where(jobs.c.kind == CLOCK_JOB).order_by(jobs.c.run_at)
    return list(await tx.execute(query))


async def let_it_ring(tx: AsyncConnection) -> datetime:
    """Run the next clock at its time, and return that time."""
    due = (await clocks(tx))[0]
    await run_clock(tx, job_of(due, now=due.run_at))
    await tx.execute(jobs.delete().where(jobs.c.id == due.id))
    at: datetime = due.run_at
    return at


async def limited(client: AsyncClient, **limit: Any) -> None:
    await publish(client, one_branch(step("head", HEAD, limit=limit)))


async def test_a_late_step_is_reminded_of_and_escalated_upwards(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published_work: PublishedWork
) -> None:
    await limited(client, minutes=960, remind_minutes=480, action="ESCALATE")
    approval_id = await ask(tx, asked())
    # Asked on Tuesday at 9:00; 8 hours of work end at 18:00, 16 on Wednesday at 18:00.
    assert await let_it_ring(tx) == datetime(2026, 12, 1, 10, tzinfo=UTC)
    assert [work.kind for work in await published_work()] == ["DECIDE_APPROVAL", "APPROVAL_WAITS"]
    assert await let_it_ring(tx) == datetime(2026, 12, 2, 10, tzinfo=UTC)
    [task] = await tasks_of(client, as_(tenant, "qian"))
    assert (task["origin"], task["approval_id"]) == ("ESCALATED", str(approval_id))
    assert await tasks_of(client, as_(tenant, "sun")) == []
    assert await let_it_ring(tx) == datetime(2026, 12, 4, 10, tzinfo=UTC)
    assert len(await tasks_of(client, as_(tenant, "zhao"))) == 1
    await let_it_ring(tx)  # nobody is above: zhao is reminded
    assert len(await tasks_of(client, as_(tenant, "zhao"))) == 1
    assert [work.kind for work in await published_work()][-1] == "APPROVAL_WAITS"


async def test_a_step_without_a_limit_is_reminded_of_after_a_day_and_escalated_after_three(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await ask(tx, asked())
    assert await let_it_ring(tx) == datetime(2026, 12, 1, 10, tzinfo=UTC)
    assert await let_it_ring(tx) == datetime(2026, 12, 3, 10, tzinfo=UTC)
    assert len(await tasks_of(client, as_(tenant, "qian"))) == 1


async def test_the_asker_hears_once_that_nobody_can_decide(
    client: AsyncClient, tx: AsyncConnection, published_work: PublishedWork
) -> None:
    """Zhao, the head of all, is the only administrator: nobody else is there to ask."""
    approval_id = await ask(tx, asked(requested_by=subject("zhao")))
    for _ in range(3):
        await let_it_ring(tx)
    [notice] = await published_work()
    assert (notice.kind, notice.person) == ("APPROVAL_NOBODY", subject("zhao"))
    history = (await client.get(f"/approvals/{approval_id}/history")).json()["items"]
    assert [one["action"] for one in history].count("NOBODY_FOUND") == 1


@pytest.mark.parametrize(("action", "status"), [("APPROVE", "APPROVED"), ("REJECT", "REJECTED")])
async def test_a_default_decides_when_the_time_is_up(
    client: AsyncClient, tx: AsyncConnection, action: str, status: str
) -> None:
    await limited(client, minutes=60, action=action)
    approval_id = await ask(tx, asked())
    assert await let_it_ring(tx) == datetime(2026, 12, 1, 2, tzinfo=UTC)
    approval = await read(client, approval_id)
    assert (approval["status"], approval["ended_by"]) == (status, None)
    history = (await client.get(f"/approvals/{approval_id}/history")).json()["items"]
    assert (history[0]["action"], history[0]["actor"]) == ("TIMED_OUT", None)


async def test_a_named_person_gets_what_is_late(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    to: Body = {"source": "PERSON", "name": subject("wang")}
    await limited(client, minutes=60, action="ESCALATE", escalate_to=to)
    await ask(tx, asked())
    await let_it_ring(tx)
    assert len(await tasks_of(client, as_(tenant, "wang"))) == 1


async def test_a_clock_that_comes_too_late_changes_nothing(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await limited(client, minutes=60, action="REJECT")
    approval_id = await ask(tx, asked())
    [due] = await clocks(tx)
    await decide(client, as_(tenant, "sun"))
    assert await clocks(tx) == []
    await run_clock(tx, job_of(due, now=due.run_at))
    assert (await read(client, approval_id))["status"] == "APPROVED"


async def test_no_default_decides_a_step_that_has_lost_its_people(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    wang: Body = {"source": "PERSON", "name": subject("wang")}
    limit = {"minutes": 30, "action": "APPROVE"}
    await publish(client, {**one_branch(step("wang", wang, limit=limit)), "fallback": wang})
    approval_id = await ask(tx, asked("bei"))
    for name in ("wang", "qian", "zhao"):  # and all who are above
        await company.person(name, "finance", active=False)
    left = make_job(tenant, LEAVING_JOB, subject("wang"), payload={"after": None}, now=NOW)
    await replace_leaver(tx, left)
    assert await let_it_ring(tx) == datetime(2026, 12, 1, 1, 30, tzinfo=UTC)
    approval = await read(client, approval_id)
    assert (approval["status"], approval["steps"][0]["seats"][0]["state"]) == ("PENDING", "CLOSED")


async def test_a_step_without_anybody_looks_again_until_somebody_is_there(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    wang: Body = {"source": "PERSON", "name": subject("wang")}
    only = {**one_branch(step("wang", wang)), "fallback": wang}
    await publish(client, only)
    await company.person("wang", "finance", active=False)
    approval_id = await ask(tx, asked("bei"))
    assert (await read(client, approval_id))["status"] == "PENDING"
    await company.person("wang", "finance")
    await let_it_ring(tx)
    assert len(await tasks_of(client, as_(tenant, "wang"))) == 1
