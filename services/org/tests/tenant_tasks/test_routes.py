"""The tasks of a tenant, and the collection of the services' reports."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.tenancy.tasks import TASK_JOB_KIND
from contracts.org import events as org
from contracts.resources import declared_services
from contracts.tenant_tasks import TASK_FAILED, TableReport, TenantTaskEnded
from contracts.topics import declared_events
from kernel.ids import new_id
from org.tenant_tasks.actions import record_report, request_tenant_task
from org.tenant_tasks.domain import TenantTaskKind, TenantTaskReport
from org.tenant_tasks.store import list_reports
from services.org.tests.factories import NOW, codes
from testkit import tokens
from testkit.plugin import PublishedFacts
from testkit.shared_transaction import set_tenant

OTHER_SERVICES: list[type[TenantTaskEnded]] = [
    kind for kind in declared_events(TenantTaskEnded) if kind is not org.OrgTenantTaskFinished
]


def report_of(kind: type[TenantTaskEnded], task_id: UUID, *, rows: int = 1) -> TenantTaskReport:
    event = kind(task_id=task_id, kind="X", tables=(TableReport(table="x", rows=rows),))
    return TenantTaskReport(
        task_id=task_id,
        service=event.type.split(".")[0],
        tables=[report.model_dump() for report in event.tables],
        notes=[],
        finished_at=NOW,
    )


async def test_an_erasure_finishes_after_the_reports_of_all_services(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    body = {"kind": "ERASE", "phones": ["+86 138 0013 8000"], "emails": ["Li.Na@Example.com"]}
    answer = await client.post("/tenant-tasks", json=body)
    assert answer.status_code == 202, answer.text
    task_id = UUID(answer.json()["id"])
    [event] = await published()
    assert (event.type, event.sequence) == ("org.tenant_task.requested.v1", 1)
    assert event.payload == {
        "task_id": str(task_id),
        "kind": "COLLECT",
        "ids": [],
        "phones": ["+8613800138000"],
        "emails": ["li.na@example.com"],
        "values": [],
        "requested_by": tokens.CALLER,
    }
    path = answer.headers["Location"].removeprefix("/org/v1")
    senders: list[type[TenantTaskEnded]] = [
        *OTHER_SERVICES,
        OTHER_SERVICES[0],
        org.OrgTenantTaskFinished,
    ]
    for kind in senders:
        assert (await client.get(path)).json()["state"] == "RUNNING"
        report = report_of(kind, task_id, rows=9 if kind is OTHER_SERVICES[0] else 1)
        await record_report(tx, report, operator=None, kind="ERASE")
    body = (await client.get(path)).json()
    assert body["state"] == "FINISHED"
    assert [report["service"] for report in body["reports"]] == [*declared_services()]
    items = (await client.get("/tenant-tasks", params={"kind": "ERASE"})).json()["items"]
    assert [report["id"] for report in items] == [str(task_id)]


async def test_org_deletes_last_and_the_reports_stay_with_the_operator(
    tx: AsyncConnection, tenant: UUID, client: AsyncClient
) -> None:
    target = new_id()
    task = await request_tenant_task(tx, target, TenantTaskKind.DELETE, actor="x", now=NOW)
    await set_tenant(tx, target)
    for number, kind in enumerate(OTHER_SERVICES):
        waiting = select(jobs.c.id).where(jobs.c.kind == TASK_JOB_KIND)
        assert (await tx.execute(waiting)).all() == [], number
        await record_report(tx, report_of(kind, task.id), operator=tenant, kind="DELETE")
    job = (await tx.execute(select(jobs).where(jobs.c.kind == TASK_JOB_KIND))).one()
    assert (job.tenant_id, job.payload["kind"]) == (target, "DELETE")
    await record_report(
        tx, report_of(org.OrgTenantTaskFinished, task.id), operator=tenant, kind="DELETE"
    )
    await set_tenant(tx, tenant)
    body = (await client.get(f"/tenant-tasks/{task.id}")).json()
    assert (body["state"], len(body["reports"])) == ("FINISHED", len(OTHER_SERVICES) + 1)


async def test_a_failed_service_fails_the_task_and_org_does_not_delete(
    tx: AsyncConnection, tenant: UUID, client: AsyncClient
) -> None:
    target = new_id()
    task = await request_tenant_task(tx, target, TenantTaskKind.DELETE, actor="x", now=NOW)
    await set_tenant(tx, target)
    for kind in OTHER_SERVICES:
        report = report_of(kind, task.id)
        notes = [TASK_FAILED] if kind is OTHER_SERVICES[1] else []
        await record_report(tx, replace(report, notes=notes), operator=tenant, kind="DELETE")
    assert (await tx.execute(select(jobs.c.id).where(jobs.c.kind == TASK_JOB_KIND))).all() == []
    await set_tenant(tx, tenant)
    body = (await client.get(f"/tenant-tasks/{task.id}")).json()
    assert (body["state"], len(body["reports"])) == ("FAILED", len(OTHER_SERVICES))


async def test_a_report_on_an_unknown_task_is_ignored(tx: AsyncConnection, tenant: UUID) -> None:
    task_id = new_id()
    await record_report(tx, report_of(OTHER_SERVICES[0], task_id), operator=None, kind="ERASE")
    assert await list_reports(tx, task_id) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"kind": "ERASE"}, ("", "ERASURE_NAMES_NOBODY")),
        ({"kind": "EXPORT", "phones": ["+8613800138000"]}, ("", "ERASURE_NAMES_NOBODY")),
        ({"kind": "DELETE"}, ("/kind", "VALUE_UNKNOWN")),
        ({"kind": "ERASE", "phones": ["+1"]}, ("/phones/0", "PHONE_INVALID")),
        ({"kind": "ERASE", "phones": ["13800138000"]}, ("/phones/0", "PHONE_REGION_UNKNOWN")),
        ({"kind": "ERASE", "emails": ["x"]}, ("/emails/0", "EMAIL_INVALID")),
        ({"kind": "ERASE", "ids": ["x"]}, ("/ids/0", "ID_INVALID")),
    ],
)
async def test_invalid_task_bodies_are_refused(
    client: AsyncClient, body: dict[str, Any], expected: tuple[str, str]
) -> None:
    answer = await client.post("/tenant-tasks", json=body)
    assert answer.status_code == 422, answer.text
    assert codes(answer) == {expected}


async def test_only_administrators_read_tenant_tasks(
    client: AsyncClient, token: Callable[..., str]
) -> None:
    reader = {"Authorization": f"Bearer {token(scope='org.tenant.read')}"}
    assert (await client.get("/tenant-tasks", headers=reader)).status_code == 403
    missing = await client.get(f"/tenant-tasks/{new_id()}")
    assert (missing.status_code, missing.json()["code"]) == (404, "TENANTTASK_NOT_FOUND")
