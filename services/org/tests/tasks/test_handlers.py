"""Facts of the other services, as they change a person's day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.events.subscriptions import Meta
from chassis.jobs.queue import Job
from contracts.imports import ImportCounts
from contracts.l2o.events import OpportunityAssigned, OpportunityState, OpportunityWon
from contracts.mtl.events import LeadAssigned, LeadConverted, LeadState, MtlImportFinished
from kernel.ids import new_id
from org.tasks import handlers
from org.tasks.timers import task_overdue
from services.org.tests.factories import store_tenant

ME = "01990000-0000-7000-8000-000000000001"  # the test client's subject
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def here(tx: AsyncConnection, tenant: UUID) -> None:
    await store_tenant(tx, tenant)


@pytest.fixture
def meta(tenant: UUID) -> Meta:
    return Meta(new_id(), tenant, new_id(), 1, 1, NOW)


def a_lead(**fields: Any) -> LeadState:
    return LeadState(
        **{"lead_id": new_id(), "company": "上海测试", "status": "NEW", "owner_id": ME, **fields}
    )


def an_opportunity(**fields: Any) -> OpportunityState:
    known = {"opportunity_id": new_id(), "account_id": new_id(), "name": "CRM 项目"}
    return OpportunityState(**{**known, "stage": "SOLUTION", "owner_id": ME, **fields})


async def tasks(client: AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get("/tasks")).json()["items"]
    return found


async def told(client: AsyncClient) -> list[tuple[str, str]]:
    items = (await client.get("/notifications")).json()["items"]
    return [(item["kind"], item["message"]) for item in items]


async def test_an_assigned_lead_is_to_be_worked_on_until_it_ends(
    client: AsyncClient, tx: AsyncConnection, meta: Meta
) -> None:
    lead = a_lead()
    await handlers.on_lead_assigned(tx, LeadAssigned(lead=lead, assigned_by="manager"), meta)
    [task] = await tasks(client)
    assert (task["kind"], task["state"]) == ("WORK_LEAD", "OPEN")
    assert task["title"] == "Work on the lead 上海测试"
    assert task["record_id"] == str(lead.lead_id)
    assert await told(client) == [("ASSIGNED", "上海测试 is yours now.")]
    converted = LeadConverted(
        lead=lead,
        conversion_id=new_id(),
        account_id=new_id(),
        contact_id=new_id(),
        opportunity_id=new_id(),
        existing_account=False,
        opportunity_name="x",
        converted_by=ME,
        converted_at=NOW,
    )
    await handlers.on_lead_ended(tx, converted, meta)
    assert [(each["state"], each["version"]) for each in await tasks(client)] == [("DONE", 2)]


async def test_the_task_moves_with_the_owner(
    client: AsyncClient, tx: AsyncConnection, meta: Meta
) -> None:
    lead = a_lead(owner_id="somebody-else")
    await handlers.on_lead_assigned(tx, LeadAssigned(lead=lead, assigned_by="manager"), meta)
    assert await tasks(client) == []
    mine = lead.model_copy(update={"owner_id": ME})
    await handlers.on_lead_assigned(tx, LeadAssigned(lead=mine, assigned_by=ME), meta)
    assert len(await tasks(client)) == 1
    assert await told(client) == []  # who takes it over himself knows it


async def test_an_opportunity_is_due_when_it_should_close(
    client: AsyncClient, tx: AsyncConnection, meta: Meta
) -> None:
    opportunity = an_opportunity(expected_close_date=date(2026, 12, 1))
    assigned = OpportunityAssigned(opportunity=opportunity, assigned_by="manager")
    await handlers.on_opportunity_assigned(tx, assigned, meta)
    [task] = await tasks(client)
    assert task["due_date"] == "2026-12-01"
    job = (await tx.execute(select(jobs).where(jobs.c.key == task["id"]))).one()
    assert job.run_at == datetime(2026, 12, 1, 16, tzinfo=UTC)  # midnight in Shanghai
    late = Job(
        tenant=meta.tenant,
        id=job.id,
        kind=job.kind,
        key=job.key,
        run_at=job.run_at,
        payload=job.payload,
        attempts=0,
        now=job.run_at + timedelta(seconds=1),
    )
    await task_overdue(tx, late)
    assert (await told(client))[0] == ("TASK_OVERDUE", "A task is overdue: CRM 项目 (2026-12-01).")
    won = OpportunityWon(opportunity=opportunity, won_at=NOW)
    await handlers.on_opportunity_ended(tx, won, meta)
    await task_overdue(tx, late)
    assert len(await told(client)) == 2


async def test_a_finished_import_is_told_to_whoever_began_it(
    client: AsyncClient, tx: AsyncConnection, meta: Meta
) -> None:
    finished = MtlImportFinished(
        import_id=new_id(),
        kind="LEADS",
        file_name="expo.csv",
        state="SUCCEEDED",
        dry_run=False,
        counts=ImportCounts(
            total=1, created=1, updated=0, merged=0, unchanged=0, refused=0, with_warnings=0
        ),
        created_by=ME,
    )
    await handlers.on_import_finished(tx, finished, meta)
    assert await told(client) == [
        ("IMPORT_FINISHED", "The import of expo.csv has ended: SUCCEEDED.")
    ]


async def test_what_is_switched_off_is_not_told(
    client: AsyncClient, tx: AsyncConnection, meta: Meta
) -> None:
    body = {"in_app": {"ASSIGNED": False}}
    assert (await client.put("/notifications/preferences", json=body)).status_code == 200
    assigned = LeadAssigned(lead=a_lead(), assigned_by="manager")
    await handlers.on_lead_assigned(tx, assigned, meta)
    assert await told(client) == []
    assert len(await tasks(client)) == 1
