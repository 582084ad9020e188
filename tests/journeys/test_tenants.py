"""Export, erasure of a person, suspension and deletion of a tenant, in all services."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.foundation.clock import now
from chassis.tenancy import tasks
from chassis.web.commands import Command
from deploy.services import SERVICES
from kernel.ids import new_id
from org.operators.actions import delete_tenant, set_tenant_status
from org.tenant_tasks.actions import request_tenant_task
from org.tenant_tasks.domain import TenantTaskKind
from org.tenant_tasks.store import list_reports
from org.tenants.domain import TenantStatus
from tests.journeys.due_jobs import run_due
from tests.journeys.steps import create_confirmed_order, create_qualified_lead
from tests.journeys.world import World

# One write in each service; all are refused for a suspended tenant.
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


async def run_to_completion(world: World, *, after: timedelta = timedelta()) -> None:
    """Deliver events and run the tenant's tasks in every service until nothing is left to do."""
    busy = True
    while busy:
        busy = bool(await world.deliver_events())
        for service in SERVICES:
            busy = bool(await run_due(world, service, tasks.TASK_JOB_KIND, after=after)) or busy


async def rows_of(world: World, tenant: UUID) -> dict[str, int]:
    """Count the tenant's rows in every table of every service; tables without any are left out."""
    counts: dict[str, int] = {}
    for service in SERVICES:
        async with world.workers[service].begin(tenant) as tx:
            query = text(
                "SELECT table_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND column_name = 'tenant_id'"
            )
            for name in (await tx.execute(query)).scalars().all():
                query = text(f'SELECT count(*) FROM "{name}" WHERE tenant_id = :t')  # our own
                if counted := await tx.scalar(query, {"t": tenant}):
                    counts[f"{service}.{name}"] = counted
    return counts


async def all_rows_as_text(world: World) -> str:
    """Return all rows of the tenant in all services as text, one per line."""
    lines: list[str] = []
    for service in SERVICES:
        async with world.workers[service].begin(world.tenant) as tx:
            for name in {one.split(".")[1] for one in await rows_of(world, world.tenant)}:
                table = await tx.scalar(text("SELECT to_regclass(:n)"), {"n": name})
                if table is None:
                    continue
                query = text(f'SELECT t::text FROM "{name}" AS t WHERE tenant_id = :t')  # our own
                rows = await tx.execute(query, {"t": world.tenant})
                lines += [f"{service}.{name}: {row}" for row in rows.scalars()]
    return "\n".join(lines)


async def request_task_of(world: World, kind: TenantTaskKind, **subject: Any) -> UUID:
    async with world.workers["org"].begin(world.tenant) as tx:
        task = await request_tenant_task(tx, world.tenant, kind, actor="x", now=now(), **subject)
    return task.id


async def reported_rows(world: World, task_id: UUID, asker: UUID) -> dict[str, dict[str, int]]:
    async with world.workers["org"].begin(asker) as tx:
        return {
            one.service: {each["table"]: each["rows"] for each in one.tables}
            for one in await list_reports(tx, task_id)
        }


async def test_a_person_is_erased_in_every_service(world: World) -> None:
    lead = await create_qualified_lead(world, name=NAME, company=None, phone=PHONE, email=MAIL)
    other = await create_qualified_lead(world, name="别人", phone="13800138000")
    await world.call("POST", f"/mtl/v1/leads/{lead['id']}/convert", {}, expect=202)
    await world.deliver_events()
    before = await all_rows_as_text(world)
    assert PHONE in before
    assert MAIL in before
    assert NAME in before
    converted = await world.get(f"/mtl/v1/leads/{lead['id']}")
    assert NAME in (await world.get(f"/l2o/v1/accounts/{converted['account_id']}"))["name"]
    ids = (UUID(lead["id"]), UUID(converted["contact_id"]))
    subject = {"ids": ids, "phones": (f"+86{PHONE}",), "emails": (MAIL,)}
    task_id = await request_task_of(world, TenantTaskKind.ERASE, **subject)
    await run_to_completion(world)
    erased_rows = await reported_rows(world, task_id, world.tenant)
    assert set(erased_rows) == set(SERVICES)
    assert erased_rows["mtl"]["leads"] == 1
    after = [line for line in (await all_rows_as_text(world)).splitlines()]
    traces = [line for line in after if any(one in line for one in (PHONE, MAIL, NAME))]
    assert traces == []
    erased = await world.get(f"/mtl/v1/leads/{lead['id']}")
    assert (erased["name"], erased["phone"], erased["email"]) == (None, None, None)
    unrelated = await world.get(f"/mtl/v1/leads/{other['id']}")
    assert unrelated["name"] == "别人"


async def test_a_suspended_tenant_can_only_read(world: World, operator: UUID) -> None:
    async with world.workers["org"].begin(operator) as tx:
        command = Command(tx, now())
        await set_tenant_status(command, world.tenant, TenantStatus.SUSPENDED, operator=operator)
    await world.deliver_events()
    body = {"name": "x", "external_id": "1"}
    assert (await world.call("GET", "/mtl/v1/leads"))["items"] == []
    refused = await world.call("POST", "/mtl/v1/leads", body, expect=403)
    assert refused["code"] == "TENANT_SUSPENDED"
    for path, written in WRITES.items():
        refused = await world.call("POST", path, written, expect=403)
        assert refused["code"] == "TENANT_SUSPENDED", path
        await world.get(path)
    async with world.workers["org"].begin(operator) as tx:
        command = Command(tx, now())
        await set_tenant_status(command, world.tenant, TenantStatus.ACTIVE, operator=operator)
    await world.deliver_events()
    await world.post("/mtl/v1/leads", body)


async def test_a_tenant_is_exported_and_deleted_completely(world: World, operator: UUID) -> None:
    """A confirmed order is made first, so that every service has rows."""
    await create_confirmed_order(world)
    export = await request_task_of(world, TenantTaskKind.EXPORT)
    await run_to_completion(world)
    exported = await reported_rows(world, export, world.tenant)
    assert exported["rms"]["orders"] == exported["cpq"]["quotes"] == 1
    assert (
        exported["mtl"]["leads"] == exported["l2o"]["accounts"] == exported["org"]["tenants"] == 1
    )
    async with world.workers["org"].begin(operator) as tx:
        command = Command(tx, now(), actor="operator")
        task = await delete_tenant(command, world.tenant, operator=operator)
    await run_to_completion(world)
    refused = await world.call("GET", "/rms/v1/orders", expect=403)
    assert refused["code"] == "TENANT_DELETED"
    await run_to_completion(world, after=2 * tasks.SETTLE)
    assert await rows_of(world, world.tenant) == {
        f"{service}.tenant_settings": 1 for service in SERVICES
    }
    deleted = await reported_rows(world, task.id, operator)
    assert set(deleted) == set(SERVICES)
    assert deleted["rms"]["orders"] == 1
