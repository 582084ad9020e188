"""A tenant's life as such, over all services: exported, a person erased, suspended, deleted."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.foundation.clock import now
from chassis.tenancy import tasks
from kernel.ids import new_id
from org.operators.actions import delete_tenant, move
from org.tenant_tasks.actions import request_task
from org.tenant_tasks.domain import TaskKind
from org.tenant_tasks.store import reports
from org.tenants.domain import TenantStatus
from tests.journeys.due_jobs import run_due
from tests.journeys.steps import a_confirmed_order, a_qualified_lead
from tests.journeys.world import SERVICES, World

# A write in each service, which each refuses to a suspended tenant.
WRITES: dict[str, dict[str, Any]] = {
    "/org/v1/departments": {"name": "华东"},
    "/mtl/v1/leads": {"name": "王芳"},
    "/l2o/v1/accounts": {"name": "老客户"},
    "/cpq/v1/products": {"sku": "SRV", "name": "服务器", "unit": "PCS"},
    "/rms/v1/payments": {
        "account_id": "01990000-0000-7000-8000-000000000099",
        "bank_reference": "ICBC-1",
        "amount": {"amount": "1.00", "currency": "CNY"},
        "received_date": "2026-11-20",
    },
}
PHONE, MAIL, NAME = "13912345678", "fang.wang@example.com", "汪芳菲"


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> UUID:
    tenant = new_id()
    monkeypatch.setenv("ORG_OPERATOR_TENANT", str(tenant))
    return tenant


async def work(world: World, *, after: timedelta = timedelta()) -> None:
    """Carry events and run the tenant's tasks in every service until nothing moves."""
    moved = True
    while moved:
        moved = bool(await world.carry())
        for service in SERVICES:
            moved = bool(await run_due(world, service, tasks.KIND, after=after)) or moved


async def rows_of(world: World, tenant: UUID) -> dict[str, int]:
    """Every table of every service that has a row of the tenant, by the databases' own lists."""
    found: dict[str, int] = {}
    for service in SERVICES:
        async with world.workers[service].begin(tenant) as tx:
            query = text(
                "SELECT table_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND column_name = 'tenant_id'"
            )
            for name in (await tx.execute(query)).scalars().all():
                query = text(f'SELECT count(*) FROM "{name}" WHERE tenant_id = :t')  # our own
                if counted := await tx.scalar(query, {"t": tenant}):
                    found[f"{service}.{name}"] = counted
    return found


async def everything(world: World) -> str:
    """All the tenant's rows of all services as text, but for the names of tables."""
    told: list[str] = []
    for service in SERVICES:
        async with world.workers[service].begin(world.tenant) as tx:
            for name in {one.split(".")[1] for one in await rows_of(world, world.tenant)}:
                there = await tx.scalar(text("SELECT to_regclass(:n)"), {"n": name})
                if there is None:
                    continue
                query = text(f'SELECT t::text FROM "{name}" AS t WHERE tenant_id = :t')  # our own
                rows = await tx.execute(query, {"t": world.tenant})
                told += [f"{service}.{name}: {row}" for row in rows.scalars()]
    return "\n".join(told)


async def ask(world: World, kind: TaskKind, **whom: Any) -> UUID:
    async with world.workers["org"].begin(world.tenant) as tx:
        task = await request_task(tx, world.tenant, kind, actor="x", now=now(), **whom)
    return task.id


async def counted(world: World, task_id: UUID, asker: UUID) -> dict[str, dict[str, int]]:
    async with world.workers["org"].begin(asker) as tx:
        return {
            one.service: {each["table"]: each["rows"] for each in one.tables}
            for one in await reports(tx, task_id)
        }


async def test_a_person_is_erased_everywhere(world: World) -> None:
    lead = await a_qualified_lead(world, name=NAME, phone=PHONE, email=MAIL)
    other = await a_qualified_lead(world, name="别人", phone="13800138000")
    await world.carry()
    before = await everything(world)
    assert PHONE in before
    assert MAIL in before
    assert NAME in before
    whom = {"ids": (UUID(lead["id"]),), "phones": (f"+86{PHONE}",), "emails": (MAIL,)}
    task_id = await ask(world, TaskKind.ERASE, **whom)
    await work(world)
    done = await counted(world, task_id, world.tenant)
    assert set(done) == set(SERVICES)
    assert done["mtl"]["leads"] == 1
    after = [line for line in (await everything(world)).splitlines()]
    traces = [line for line in after if any(one in line for one in (PHONE, MAIL, NAME))]
    assert traces == []
    found = await world.get(f"/mtl/v1/leads/{lead['id']}")
    assert (found["name"], found["phone"], found["email"]) == (None, None, None)
    kept = await world.get(f"/mtl/v1/leads/{other['id']}")
    assert kept["name"] == "别人"


async def test_a_suspended_tenant_only_reads(world: World, operator: UUID) -> None:
    async with world.workers["org"].begin(operator) as tx:
        await move(tx, world.tenant, TenantStatus.SUSPENDED, operator=operator, now=now())
    await world.carry()
    body = {"name": "x", "external_id": "1"}
    assert (await world.call("GET", "/mtl/v1/leads"))["items"] == []
    refused = await world.call("POST", "/mtl/v1/leads", body, expect=403)
    assert refused["code"] == "TENANT_SUSPENDED"
    for path, written in WRITES.items():
        refused = await world.call("POST", path, written, expect=403)
        assert refused["code"] == "TENANT_SUSPENDED", path
        await world.get(path)
    async with world.workers["org"].begin(operator) as tx:
        await move(tx, world.tenant, TenantStatus.ACTIVE, operator=operator, now=now())
    await world.carry()
    await world.post("/mtl/v1/leads", body)


async def test_a_tenant_is_exported_and_deleted_whole(world: World, operator: UUID) -> None:
    """From a lead to a confirmed order first, so that there are rows in every service."""
    await a_confirmed_order(world)
    export = await ask(world, TaskKind.EXPORT)
    await work(world)
    exported = await counted(world, export, world.tenant)
    assert exported["rms"]["orders"] == exported["cpq"]["quotes"] == 1
    assert (
        exported["mtl"]["leads"] == exported["l2o"]["accounts"] == exported["org"]["tenants"] == 1
    )
    async with world.workers["org"].begin(operator) as tx:
        task = await delete_tenant(tx, world.tenant, operator=operator, actor="operator", now=now())
    await work(world)
    refused = await world.call("GET", "/rms/v1/orders", expect=403)
    assert refused["code"] == "TENANT_DELETED"
    await work(world, after=2 * tasks.SETTLE)
    assert await rows_of(world, world.tenant) == {
        f"{service}.tenant_settings": 1 for service in SERVICES
    }
    deleted = await counted(world, task.id, operator)
    assert set(deleted) == set(SERVICES)
    assert deleted["rms"]["orders"] == 1
