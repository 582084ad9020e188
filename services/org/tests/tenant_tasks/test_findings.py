"""What the services found of a person travels to all of them once, and is kept nowhere else."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.resources import declared_services
from contracts.tenant_tasks import COLLECT, TASK_FAILED, PersonData
from kernel.ids import new_id
from org.tenant_tasks.actions import record_finding, record_report, request_tenant_task
from org.tenant_tasks.domain import TenantTaskFinding, TenantTaskKind, TenantTaskReport
from org.tenant_tasks.store import tenant_task_findings
from services.org.tests.factories import NOW
from testkit.plugin import PublishedFacts
from testkit.shared_transaction import set_tenant

PHONE = "+8613800138000"


def finding_of(service: str, task_id: UUID, *values: str) -> TenantTaskFinding:
    person = PersonData(phones=(PHONE,), values=values)
    return TenantTaskFinding(task_id=task_id, service=service, person=person)


async def kept(tx: AsyncConnection) -> int:
    return len((await tx.execute(select(tenant_task_findings))).all())


async def test_the_erasure_names_what_all_services_found(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    answer = await client.post("/tenant-tasks", json={"kind": "ERASE", "phones": [PHONE]})
    task_id = UUID(answer.json()["id"])
    found = {"mtl": ("王芳菲",), "l2o": ("Wang Fangfei", "王芳菲")}
    for service in (*declared_services(), "mtl"):
        await record_finding(
            tx, finding_of(service, task_id, *found.get(service, ())), operator=None
        )
        if service != declared_services()[-1] and len(await published()) == 1:
            assert await kept(tx) > 0
    requested, erasure = (await published())[:2]
    assert (requested.payload["kind"], erasure.payload["kind"]) == ("COLLECT", "ERASE")
    assert (erasure.sequence, erasure.payload["phones"]) == (3, [PHONE])
    assert erasure.payload["values"] == ["Wang Fangfei", "王芳菲"]


async def test_the_findings_of_an_operators_task_belong_to_the_tenant(
    tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    target = new_id()
    task = await request_tenant_task(
        tx, target, TenantTaskKind.ERASE, phones=(PHONE,), actor="x", now=NOW
    )
    await set_tenant(tx, target)
    for service in declared_services():
        await record_finding(tx, finding_of(service, task.id, "王芳菲"), operator=tenant)
    assert await kept(tx) == 0
    erasure = (await published())[-1]
    assert (erasure.payload["kind"], erasure.payload["values"]) == ("ERASE", ["王芳菲"])


async def test_nothing_is_kept_of_a_search_that_failed(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    answer = await client.post("/tenant-tasks", json={"kind": "ERASE", "phones": [PHONE]})
    task_id = UUID(answer.json()["id"])
    await record_finding(tx, finding_of("mtl", task_id, "王芳菲"), operator=None)
    failed = TenantTaskReport(
        task_id=task_id, service="l2o", tables=[], notes=[TASK_FAILED], finished_at=NOW
    )
    await record_report(tx, failed, operator=None, kind=COLLECT)
    assert await kept(tx) == 0
    assert len(await published()) == 1
    body = (await client.get(f"/tenant-tasks/{task_id}")).json()
    assert body["state"] == "FAILED"


async def test_what_is_found_for_an_unknown_task_is_dropped(tx: AsyncConnection) -> None:
    await record_finding(tx, finding_of("mtl", new_id(), "王芳菲"), operator=None)
    assert await kept(tx) == 0
