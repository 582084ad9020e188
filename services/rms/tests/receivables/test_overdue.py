"""The job that reports a receivable overdue at the tenant's midnight, once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Again, Done, Job
from chassis.jobs.runner import JobRunner
from chassis.web.commands import Command
from kernel.errors import NotFound
from kernel.ids import new_id
from rms.receivables.actions import (
    OVERDUE_JOB,
    allocate_to_receivable,
    reopen_receivable,
    report_overdue,
)
from rms.receivables.domain import Receivable
from rms.receivables.store import RECEIVABLE, receivables
from rms.receivables.timers import receivable_overdue
from rms.worker import WORKER
from services.rms.tests.factories import NOON, TODAY, add_receivable, add_settings, cny
from testkit.plugin import Committed, PublishedFacts
from testkit.tenants import change_settings

# The end of the 22nd in Shanghai.
MIDNIGHT = datetime(2026, 11, 22, 16, tzinfo=UTC)
OVERDUE = "rms.receivable.overdue.v1"


@pytest.fixture
async def receivable(tx: AsyncConnection) -> Receivable:
    await add_settings(tx)
    return await add_receivable(tx, cny("100.00"), account_id=new_id(), due_date=TODAY)


async def overdue_job(
    tx: AsyncConnection, receivable_id: UUID, *, now: datetime | None = None
) -> Job:
    is_job = (jobs.c.kind == OVERDUE_JOB) & (jobs.c.key == str(receivable_id))
    row = (await tx.execute(select(jobs).where(is_job))).one()
    return Job(
        tenant=row.tenant_id,
        id=row.id,
        kind=row.kind,
        key=row.key,
        run_at=row.run_at,
        payload=row.payload,
        attempts=row.attempts,
        now=now or row.run_at,
    )


async def settle(tx: AsyncConnection, receivable: Receivable, amount: str) -> None:
    await allocate_to_receivable(
        Command(tx, NOON), receivable.id, cny(amount), allocation_id=new_id(), payment_id=new_id()
    )


async def test_it_is_reported_once_at_the_tenants_midnight(
    tx: AsyncConnection, receivable: Receivable, published: PublishedFacts
) -> None:
    job = await overdue_job(tx, receivable.id)
    assert job.run_at == MIDNIGHT
    assert await receivable_overdue(tx, job) == Done()
    assert await receivable_overdue(tx, job) == Done()
    overdue_events = [fact for fact in await published() if fact.type == OVERDUE]
    assert [(fact.sequence, fact.payload["overdue_date"]) for fact in overdue_events] == [
        (2, "2026-11-23")
    ]
    assert overdue_events[0].payload["receivable"]["open"] == {
        "amount": "100.00",
        "currency": "CNY",
    }
    assert (await RECEIVABLE.get(tx, receivable.id)).overdue_date == date(2026, 11, 23)


async def test_a_receivable_settled_in_time_is_not_reported(
    tx: AsyncConnection, receivable: Receivable, published: PublishedFacts
) -> None:
    await settle(tx, receivable, "100.00")
    assert await receivable_overdue(tx, await overdue_job(tx, receivable.id)) == Done()
    assert OVERDUE not in [fact.type for fact in await published()]


async def test_a_partly_open_receivable_is_reported(
    tx: AsyncConnection, receivable: Receivable, published: PublishedFacts
) -> None:
    await settle(tx, receivable, "99.99")
    await receivable_overdue(tx, await overdue_job(tx, receivable.id))
    fact = (await published())[-1]
    assert (fact.type, fact.sequence) == (OVERDUE, 3)
    assert fact.payload["receivable"]["open"]["amount"] == "0.01"


async def test_the_job_is_rescheduled_after_the_tenants_time_zone_changed(
    tx: AsyncConnection, receivable: Receivable, published: PublishedFacts
) -> None:
    job = await overdue_job(tx, receivable.id)
    await change_settings(tx, timezone="America/New_York")
    again = await receivable_overdue(tx, job)
    assert again == Again(run_at=datetime(2026, 11, 23, 5, tzinfo=UTC))
    assert OVERDUE not in [fact.type for fact in await published()]


async def test_a_receivable_reopened_after_its_due_date_is_reported(
    tx: AsyncConnection, receivable: Receivable, published: PublishedFacts
) -> None:
    """It was settled in time, so its job has ended; reopening it two days late adds a due job."""
    await settle(tx, receivable, "100.00")
    await tx.execute(jobs.delete())
    late = MIDNIGHT + timedelta(days=2)
    await reopen_receivable(
        Command(tx, late),
        receivable.id,
        cny("100.00"),
        allocation_id=new_id(),
        reverses_id=new_id(),
        payment_id=new_id(),
    )
    job = await overdue_job(tx, receivable.id, now=late)
    assert job.run_at < late
    await receivable_overdue(tx, job)
    kinds = [fact.type for fact in await published()][-2:]
    assert kinds == ["rms.receivable.reopened.v1", OVERDUE]
    assert (await RECEIVABLE.get(tx, receivable.id)).overdue_date == date(2026, 11, 25)


async def test_a_reported_receivable_is_not_reported_again_when_reopened(
    tx: AsyncConnection, receivable: Receivable, published: PublishedFacts
) -> None:
    """The reopened event carries due date and open amount, so that collection can start again."""
    await receivable_overdue(tx, await overdue_job(tx, receivable.id))
    await settle(tx, receivable, "100.00")
    await tx.execute(jobs.delete())
    reopened = await reopen_receivable(
        Command(tx, MIDNIGHT + timedelta(days=2)),
        receivable.id,
        cny("100.00"),
        allocation_id=new_id(),
        reverses_id=new_id(),
        payment_id=new_id(),
    )
    assert reopened.is_overdue(date(2026, 11, 25))
    assert reopened.overdue_date == date(2026, 11, 23)
    facts = await published()
    assert [fact.type for fact in facts].count(OVERDUE) == 1
    assert facts[-1].type == "rms.receivable.reopened.v1"
    state = facts[-1].payload["receivable"]
    assert (state["status"], state["due_date"]) == ("OPEN", "2026-11-22")
    assert state["open"]["amount"] == "100.00"
    assert (await tx.execute(select(jobs.c.id))).all() == []


async def test_a_receivable_of_zero_has_no_overdue_job(tx: AsyncConnection) -> None:
    await add_settings(tx)
    nothing = await add_receivable(tx, cny("0"), account_id=new_id())
    query = select(jobs.c.id).where(jobs.c.key == str(nothing.id))
    assert (await tx.execute(query)).all() == []


async def test_reporting_an_unknown_receivable_raises_not_found(tx: AsyncConnection) -> None:
    await add_settings(tx)
    with pytest.raises(NotFound, match="RECEIVABLE_NOT_FOUND"):
        await report_overdue(Command(tx, NOON), new_id())


async def test_the_job_runner_reports_an_overdue_receivable(
    committed: Committed, tenant: UUID
) -> None:
    """The real job runner with the worker's database role; the due date is long past."""
    assert WORKER.jobs[OVERDUE_JOB] is receivable_overdue
    async with committed.app.begin(tenant) as tx:
        await add_settings(tx)
        old = await add_receivable(tx, cny("1.00"), account_id=new_id(), due_date=date(2026, 1, 31))
    await run_until_idle(JobRunner(committed.worker, WORKER.jobs, poll=0.01), committed, tenant)
    async with committed.app.begin(tenant) as tx:
        row = (await tx.execute(select(receivables).where(receivables.c.id == old.id))).one()
        assert row.overdue_date is not None
        assert row.version == 2


async def run_until_idle(runner: JobRunner, committed: Committed, tenant: UUID) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(runner.run(stop))
    async with asyncio.timeout(10):
        while True:
            async with committed.app.begin(tenant) as tx:
                if (await tx.execute(select(jobs.c.id))).first() is None:
                    break
            await asyncio.sleep(0.02)
    stop.set()
    await running
