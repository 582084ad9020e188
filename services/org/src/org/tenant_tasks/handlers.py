"""Every service tells when it has done its part."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import Meta
from chassis.foundation.clock import now
from contracts.tenant_tasks import TenantTaskEnded
from org.settings import OrgSettings
from org.tenant_tasks.actions import file_report
from org.tenant_tasks.domain import TaskReport


async def on_tenant_task_finished(tx: AsyncConnection, event: TenantTaskEnded, meta: Meta) -> None:
    report = TaskReport(
        task_id=event.task_id,
        service=event.type.split(".")[0],
        tables=[each.model_dump() for each in event.tables],
        notes=list(event.notes),
        finished_at=now(),
    )
    operator = OrgSettings.of().operator_tenant
    await file_report(tx, report, operator=operator, kind=event.kind)
