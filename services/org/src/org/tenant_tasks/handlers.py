"""Events of all services on their part of a tenant task."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.foundation.clock import now
from contracts.tenant_tasks import TenantTaskEnded
from org.settings import OrgSettings
from org.tenant_tasks.actions import record_report
from org.tenant_tasks.domain import TenantTaskReport


async def on_tenant_task_finished(
    tx: AsyncConnection, event: TenantTaskEnded, meta: EventMeta
) -> None:
    """Record the report of a service on its part of a task."""
    report = TenantTaskReport(
        task_id=event.task_id,
        service=event.type.split(".")[0],
        tables=[table.model_dump() for table in event.tables],
        notes=list(event.notes),
        finished_at=now(),
    )
    operator = OrgSettings.of().operator_tenant
    await record_report(tx, report, operator=operator, kind=event.kind)
