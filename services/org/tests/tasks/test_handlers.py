"""Events of other services that create tasks and notifications."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.events.subscriptions import EventMeta
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
async def _stored_tenant(tx: AsyncConnection, tenant: UUID) -> None:
    await store_tenant(tx, tenant)


@pytest.fixture
def meta(tenant: UUID) -> EventMeta:
    return EventMeta(new_id(), tenant, new_id(), 1, 1, NOW)


def a_lead(**fields: Any) -> LeadState:
    return LeadState(
        **{"lead_id": new_id(), "company": "上海测试", "status": "NEW", "owner_id": ME, **fields}
    )


def an_opportunity(**fields: Any) -> OpportunityState:
    defaults = {"opportunity_id": new_id(), "account_id": new_id(), "name": "CRM 项目"}
    return OpportunityState(**{**defaults, "stage": "SOLUTION", "owner_id": ME, **fields})


async def list_tasks(client: AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get("/tasks")).json()["items"]
    return items


async def list_messages(client: AsyncClient) -> list[tuple[str, str]]:
    items = (await client.get("/notifications")).json()["items"]
    return [(item["kind"], item["message"]) for item in items]


async def test_an_assigned_lead_has_a_task_until_it_is_converted(
    client: AsyncClient, tx: AsyncConnection, meta: EventMeta
) -> None:
    lead = a_lead()
    await handlers.on_lead_assigned(tx, LeadAssigned(lead=lead, assigned_by="manager"), meta)
    [task] = await list_tasks(client)
    assert (task["kind"], task["state"]) == ("WORK_LEAD", "OPEN")
    assert task["title"] == "Follow up on lead 上海测试"
    assert task["record_id"] == str(lead.lead_id)
    assert await list_messages(client) == [("ASSIGNED", "上海测试 has been assigned to you.")]
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
    assert [(task["state"], task["version"]) for task in await list_tasks(client)] == [("DONE", 2)]


async def test_the_task_moves_to_the_new_owner_of_the_lead(
    client: AsyncClient, tx: AsyncConnection, meta: EventMeta
) -> None:
    lead = a_lead(owner_id="somebody-else")
    await handlers.on_lead_assigned(tx, LeadAssigned(lead=lead, assigned_by="manager"), meta)
    assert await list_tasks(client) == []
    mine = lead.model_copy(update={"owner_id": ME})
    await handlers.on_lead_assigned(tx, LeadAssigned(lead=mine, assigned_by=ME), meta)
    assert len(await list_tasks(client)) == 1
    assert await list_messages(client) == []  # nobody is notified of their own action


async def test_the_task_of_an_opportunity_is_due_on_its_close_date(
    client: AsyncClient, tx: AsyncConnection, meta: EventMeta
) -> None:
    opportunity = an_opportunity(expected_close_date=date(2026, 12, 1))
    assigned = OpportunityAssigned(opportunity=opportunity, assigned_by="manager")
    await handlers.on_opportunity_assigned(tx, assigned, meta)
    [task] = await list_tasks(client)
    assert task["due_date"] == "2026-12-01"
    job = (await tx.execute(select(jobs).where(jobs.c.key == task["id"]))).one()
    assert job.run_at == datetime(2026, 12, 1, 16, tzinfo=UTC)  # midnight in Shanghai
    overdue_job = Job(
        tenant=meta.tenant,
        id=job.id,
        kind=job.kind,
        key=job.key,
        run_at=job.run_at,
        payload=job.payload,
        attempts=0,
        now=job.run_at + timedelta(seconds=1),
    )
    await task_overdue(tx, overdue_job)
    assert (await list_messages(client))[0] == (
        "TASK_OVERDUE",
        "The task “CRM 项目” is overdue (it was due on 2026-12-01).",
    )
    won = OpportunityWon(opportunity=opportunity, won_at=NOW)
    await handlers.on_opportunity_ended(tx, won, meta)
    await task_overdue(tx, overdue_job)
    assert len(await list_messages(client)) == 2


async def test_a_finished_import_notifies_the_person_who_started_it(
    client: AsyncClient, tx: AsyncConnection, meta: EventMeta
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
    assert await list_messages(client) == [
        ("IMPORT_FINISHED", "The import of expo.csv has finished.")
    ]


async def test_a_kind_that_is_switched_off_is_not_sent(
    client: AsyncClient, tx: AsyncConnection, meta: EventMeta
) -> None:
    body = {"in_app": {"ASSIGNED": False}}
    assert (await client.put("/notifications/preferences", json=body)).status_code == 200
    assigned = LeadAssigned(lead=a_lead(), assigned_by="manager")
    await handlers.on_lead_assigned(tx, assigned, meta)
    assert await list_messages(client) == []
    assert len(await list_tasks(client)) == 1
