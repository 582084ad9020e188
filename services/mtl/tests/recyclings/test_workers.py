"""Several workers, broken leads, other tenants, erasure, and what a chunk costs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs, outbox
from chassis.foundation.clock import now as current_time
from chassis.jobs.queue import Again, Done, cancel
from chassis.records.access.tables import owner_changes
from chassis.web.commands import Command
from kernel.ids import new_id
from mtl.leads.store import leads
from mtl.leads.store.recyclings import lead_recyclings
from mtl.recyclings import actions
from mtl.recyclings.actions import ACTOR, recycle_chunk
from mtl.recyclings.timers import recycle_leads, start_again
from services.mtl.tests.factories import create, note
from services.mtl.tests.recyclings.factories import (
    SetClock,
    at,
    days,
    get,
    instant,
    publish,
    reckon,
    rules,
    sweep,
)
from testkit.directory import Company, subject
from testkit.jobs import job_of, make_job
from testkit.plugin import Committed
from testkit.tenants import add_tenant

MONTH = rules({"next_follow_up": days(30), "barred_days": 3, "reminders": [days(29)]})
LATER = timedelta(days=30, hours=1)


async def committed_leads(client: AsyncClient, count: int) -> list[str]:
    assert (await client.get("/rule-sets/lead_retention")).json()["version"] == 0
    await publish(client, MONTH)
    bodies = [{"create": {"company": f"c{n}"}} for n in range(count)]
    answer = await client.post("/leads/batch", json={"items": bodies})
    assert answer.status_code in (200, 207), answer.text
    return [one["id"] for one in (await client.get("/leads?limit=200")).json()["items"]]


async def counted(committed: Committed, tenant: UUID) -> Counter[str]:
    async with committed.app.begin(tenant) as tx:
        found = Counter((await tx.execute(select(outbox.c.type))).scalars())
        found["owners"] = len((await tx.execute(select(owner_changes.c.id))).all())
        found["recyclings"] = len((await tx.execute(select(lead_recyclings.c.id))).all())
    return found


async def test_workers_at_once_take_each_lead_once(
    committed_client: AsyncClient,
    committed: Committed,
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions, "RECYCLED_AT_ONCE", 7)
    await committed_leads(committed_client, 60)
    now = current_time() + LATER

    async def work() -> None:
        is_full = True
        while is_full:
            async with committed.worker.begin(tenant) as tx:
                is_full = (await recycle_chunk(Command(tx, now, actor=ACTOR))).is_full

    await asyncio.gather(*(work() for _ in range(4)))
    await work()
    found = await counted(committed, tenant)
    assert (found["mtl.lead.recycled.v1"], found["owners"], found["recyclings"]) == (60, 60, 60)
    page = (await committed_client.get("/leads?limit=200")).json()["items"]
    assert {(one["owner_id"], one["version"]) for one in page} == {(None, 2)}


async def test_edits_and_follow_ups_meanwhile_end_well(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """A lead that is followed up stays, unless it had fallen back before; no write is lost."""
    ids = await committed_leads(committed_client, 20)
    now = current_time() + LATER

    async def work() -> None:
        async with committed.worker.begin(tenant) as tx:
            await recycle_chunk(Command(tx, now, actor=ACTOR))

    async def edit(lead_id: str) -> int:
        answer = await committed_client.patch(f"/leads/{lead_id}", json={"need": "CRM"})
        return answer.status_code

    results = await asyncio.gather(
        work(), *map(edit, ids[:10]), *(note(committed_client, one) for one in ids[10:]), work()
    )
    assert set(results[1:11]) == {200}
    await work()
    page = (await committed_client.get("/leads?limit=200")).json()["items"]
    assert {one["need"] for one in page if one["id"] in ids[:10]} == {"CRM"}
    assert {one["follow_up_count"] for one in page if one["id"] in ids[10:]} == {1}
    released = [one for one in page if one["owner_id"] is None]
    found = await counted(committed, tenant)
    assert found["mtl.lead.recycled.v1"] == found["owners"] == len(released) == 20


async def test_a_broken_lead_does_not_stop_the_others(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    set_clock(at("01-01 10:00"))
    await publish(client, MONTH)
    ids = [(await create(client, company=f"c{n}"))["id"] for n in range(3)]
    broken = text("UPDATE leads SET phone = 'no cipher' WHERE id = :id")
    await tx.execute(broken, {"id": UUID(ids[1])})
    chunk = await sweep(tx, at("01-31 10:00"))
    assert chunk.has_rules
    rows = await tx.execute(select(leads.c.id, leads.c.owner_id, leads.c.clock_due_at))
    found = {str(row.id): row for row in rows}
    assert [found[one].owner_id is None for one in ids] == [True, False, True]
    assert found[ids[1]].clock_due_at == at("01-31 11:00")


async def test_a_deleted_lead_stays(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    set_clock(at("01-01 10:00"))
    await publish(client, MONTH)
    gone, falls = [(await create(client, company=name))["id"] for name in "ab"]
    await client.delete(f"/leads/{gone}")
    await sweep(tx, at("01-31 10:00"))
    rows = await tx.execute(select(leads.c.id, leads.c.owner_id))
    owners = {str(row.id): row.owner_id for row in rows}
    assert (owners[gone] is None, owners[falls]) == (False, None)


async def test_the_leads_of_another_tenant_stay(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    await committed_leads(committed_client, 2)
    other, now = new_id(), current_time() + LATER
    async with committed.app.begin(other) as tx:
        await add_tenant(tx)
    async with committed.worker.begin(other) as tx:
        await recycle_chunk(Command(tx, now, actor=ACTOR))
    assert (await counted(committed, tenant))["owners"] == 0


@pytest.fixture
async def statements(tx: AsyncConnection) -> AsyncIterator[list[str]]:
    """The statements that the transaction executes."""
    seen: list[str] = []

    def note_it(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(tx.sync_connection, "before_cursor_execute", note_it)
    yield seen
    event.remove(tx.sync_connection, "before_cursor_execute", note_it)


async def test_a_chunk_costs_as_many_statements_for_many_leads_as_for_two(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock, statements: list[str]
) -> None:
    set_clock(at("01-01 10:00"))
    await publish(client, MONTH)
    costs = []
    for count in (2, 40):
        for _ in range(count):
            await create(client, company="a")
        statements.clear()
        await sweep(tx, at("01-30 10:00"))
        reminders = len(statements)
        statements.clear()
        await sweep(tx, at("01-31 10:00"))
        costs.append((reminders, len(statements)))
    assert costs[0] == costs[1]
    assert max(costs[1]) <= 20


async def test_the_sweep_looks_again_for_as_long_as_there_are_rules(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, set_clock: SetClock
) -> None:
    set_clock(at("01-01 10:00"))
    await publish(client, MONTH)
    await reckon(tx, at("01-01 10:00"))
    [row] = (await tx.execute(select(jobs).where(jobs.c.kind == "lead_recycling"))).all()
    assert (row.key, row.actor) == ("due", ACTOR)
    now = at("01-01 10:00")
    again = await recycle_leads(tx, job_of(row, now=now))
    assert again == Again(run_at=now + timedelta(minutes=5))
    await publish(client, rules(), based_on=1)
    assert await recycle_leads(tx, job_of(row, now=now)) == Done()
    await cancel(tx, "lead_recycling", "due")
    await start_again(tx, make_job(tenant, "lead_recycling", "due", now=now))
    [later] = (await tx.execute(select(jobs).where(jobs.c.kind == "lead_recycling"))).all()
    assert later.run_at == now + timedelta(hours=1)


async def test_a_full_chunk_is_followed_by_the_next_at_once(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    set_clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions, "RECYCLED_AT_ONCE", 2)
    set_clock(at("01-01 10:00"))
    await publish(client, MONTH)
    for _ in range(3):
        await create(client, company="a")
    now = at("01-31 10:00")
    job = make_job(tenant, "lead_recycling", "due", now=now)
    assert await recycle_leads(tx, job) == Again(run_at=now)
    assert await recycle_leads(tx, replace(job)) == Again(run_at=now + timedelta(minutes=5))
    page = (await client.get("/leads")).json()["items"]
    assert [one["owner_id"] for one in page] == [None] * 3


async def test_a_reminder_that_is_due_survives_an_edit_before_the_sweep(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    await Company(tx).build()
    set_clock(at("01-01 10:00"))
    await publish(client, MONTH)
    lead_id = (await create(client, company="a", owner_id=subject("li")))["id"]
    set_clock(at("01-30 10:02"))
    await client.patch(f"/leads/{lead_id}", json={"need": "CRM"})
    due = await tx.scalar(select(leads.c.clock_due_at).where(leads.c.id == UUID(lead_id)))
    assert due == at("01-30 10:00")
    await sweep(tx, at("01-30 10:05"))
    due = await tx.scalar(select(leads.c.clock_due_at).where(leads.c.id == UUID(lead_id)))
    assert due == at("01-31 10:00")
    assert instant((await get(client, lead_id))["falls_back_at"]) == at("01-31 10:00")
