"""Events of all services on their part of a tenant task."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.foundation.clock import now
from contracts.tenant_tasks import TenantTaskEnded
from org.settings import OrgSettings
from org.tenant_tasks.actions import record_finding, record_report
from org.tenant_tasks.domain import TenantTaskFinding, TenantTaskReport


async def on_tenant_task_finished(
    tx: AsyncConnection, event: TenantTaskEnded, meta: EventMeta
) -> None:
    """Record the report of a service on its part of a task, or what it found of a person."""
    operator = OrgSettings.of().operator_tenant
    service = event.type.split(".")[0]
    if event.person is not None:
        finding = TenantTaskFinding(task_id=event.task_id, service=service, person=event.person)
        await record_finding(tx, finding, operator=operator)
        return
    report = TenantTaskReport(
        task_id=event.task_id,
        service=service,
        tables=[table.model_dump() for table in event.tables],
        notes=list(event.notes),
        finished_at=now(),
    )
    await record_report(tx, report, operator=operator, kind=event.kind)
