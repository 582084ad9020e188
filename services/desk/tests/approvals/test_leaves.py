"""Who decides for approvers whose leave begins, changes or ends while a step waits for them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.events.subscriptions import EventMeta
from chassis.foundation.clock import business_date, start_of_day
from chassis.foundation.clock import now as current_time
from chassis.jobs.queue import Done
from contracts.org.events import PersonChanged
from contracts.org.states import Leave, PersonState
from desk.approvals.actions.leaves import LEAVE_JOB
from desk.approvals.handlers import on_person_changed
from desk.approvals.timers import stand_in
from kernel.ids import new_id
from services.desk.tests.factories import (
    HEAD,
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
from testkit.directory import Company, directory_id, leave, subject
from testkit.jobs import make_job

ZONE = "Asia/Shanghai"
TODAY = business_date(current_time(), ZONE)


@pytest.fixture
async def company(client: AsyncClient, tx: AsyncConnection) -> Company:
    """The company, whose head of department decides."""
    built = await build_company(tx)
    await publish(client, one_branch(step("head", HEAD)))
    return built


async def take(tx: AsyncConnection, tenant: UUID, company: Company, *leaves: Leave) -> None:
    """Let sun have these leaves, and let the event reach desk."""
    await company.person("sun", "team A", leaves=leaves)
    state = PersonState(person_id=directory_id("sun"), name="sun", active=True, leaves=leaves)
    meta = EventMeta(
        event_id=new_id(),
        tenant=tenant,
        aggregate_id=state.person_id,
        sequence=9,
        epoch=1,
        occurred_at=current_time(),
    )
    await on_person_changed(tx, PersonChanged(person=state), meta)


async def leave_jobs(tx: AsyncConnection) -> dict[str, Any]:
    rows = await tx.execute(select(jobs).where(jobs.c.kind == LEAVE_JOB))
    return {row.key: row for row in rows}


async def run(tx: AsyncConnection, tenant: UUID, key: str, now: datetime | None = None) -> None:
    """Run a job that waits, at its time."""
    row = (await leave_jobs(tx))[key]
    job = make_job(tenant, LEAVE_JOB, key, payload=row.payload, now=now or row.run_at)
    assert await stand_in(tx, job) == Done()


async def people_asked(client: AsyncClient, tenant: UUID) -> dict[str, int]:
    """Return how many tasks each of these people has."""
    names = ("sun", "wu", "wang")
    return {name: len(await tasks_of(client, as_(tenant, name))) for name in names}


async def test_a_leave_that_begins_today_gives_open_tasks_to_the_substitute(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    approval_id = await ask(tx, asked())
    await take(tx, tenant, company, leave(TODAY, TODAY + timedelta(days=5), "wu"))
    await run(tx, tenant, subject("sun"))
    assert await people_asked(client, tenant) == {"sun": 0, "wu": 1, "wang": 0}
    [task] = await tasks_of(client, as_(tenant, "wu"))
    assert (task["origin"], task["instead_of_name"]) == ("SUBSTITUTE", "sun")
    await run(tx, tenant, subject("sun"))  # again, it changes nothing
    history = (await client.get(f"/approvals/{approval_id}/history")).json()["items"]
    assert [one["action"] for one in history].count("REPLACED") == 1
    await decide(client, as_(tenant, "wu"))
    assert (await read(client, approval_id))["status"] == "APPROVED"


async def test_who_returns_gets_back_what_was_not_decided(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    first, second = await ask(tx, asked()), await ask(tx, asked())
    back = TODAY + timedelta(days=5)
    await take(tx, tenant, company, leave(TODAY, back, "wu"))
    await run(tx, tenant, subject("sun"))
    [one, _] = await tasks_of(client, as_(tenant, "wu"))
    await client.post(f"/approval-tasks/{one['id']}/approve", headers=as_(tenant, "wu"))
    key = f"{subject('sun')} {back}"
    assert (await leave_jobs(tx))[key].run_at == start_of_day(back, ZONE)
    await run(tx, tenant, key)
    assert await people_asked(client, tenant) == {"sun": 1, "wu": 0, "wang": 0}
    states = {(await read(client, each))["status"] for each in (first, second)}
    assert states == {"APPROVED", "PENDING"}


async def test_a_leave_of_later_days_counts_from_its_first_day(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    await ask(tx, asked())
    begins = TODAY + timedelta(days=3)
    await take(tx, tenant, company, leave(begins, begins + timedelta(days=2), "wu"))
    await run(tx, tenant, subject("sun"))
    assert (await people_asked(client, tenant))["sun"] == 1
    await run(tx, tenant, f"{subject('sun')} {begins}")
    assert (await people_asked(client, tenant))["wu"] == 1


async def test_another_substitute_or_a_cancelled_leave_counts_at_once(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    await ask(tx, asked())
    until = TODAY + timedelta(days=5)
    for substitute, expected in (
        ("wu", {"sun": 0, "wu": 1, "wang": 0}),
        ("wang", {"sun": 0, "wu": 0, "wang": 1}),
    ):
        await take(tx, tenant, company, leave(TODAY, until, substitute))
        await run(tx, tenant, subject("sun"))
        assert await people_asked(client, tenant) == expected
    await take(tx, tenant, company)
    await run(tx, tenant, subject("sun"))
    assert await people_asked(client, tenant) == {"sun": 1, "wu": 0, "wang": 0}
    await run(tx, tenant, f"{subject('sun')} {until}")  # of a leave that is no more
    assert await people_asked(client, tenant) == {"sun": 1, "wu": 0, "wang": 0}


@pytest.mark.parametrize("substitute", ["li", None])
async def test_the_asker_never_stands_in_and_nobody_may_be_named(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    company: Company,
    substitute: str | None,
) -> None:
    await ask(tx, asked("li"))
    await take(tx, tenant, company, leave(TODAY, TODAY + timedelta(days=5), substitute))
    await run(tx, tenant, subject("sun"))
    assert (await people_asked(client, tenant))["sun"] == 1
