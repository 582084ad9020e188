"""The routes of tenant tasks."""

from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, allow
from chassis.web.commands import CreateCommand
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.tenant_tasks import actions, store
from org.tenant_tasks.domain import TenantTask, TenantTaskKind, state_from_reports
from org.tenant_tasks.schemas import (
    TenantTaskIn,
    TenantTaskOut,
    TenantTaskReportOut,
    TenantTaskSummary,
)

router = new_router("/tenant-tasks", tag="tenant tasks")
ADMIN = allow("org.tenant.admin")


async def tenant_task_out(tx: AsyncConnection, task: TenantTask) -> TenantTaskOut:
    """Build the response body of a task with its reports."""
    reports = await store.list_reports(tx, task.id)
    return TenantTaskOut(
        **TenantTaskSummary.model_validate(task).model_dump(),
        state=state_from_reports(reports),
        reports=[TenantTaskReportOut.model_validate(report) for report in reports],
    )


@router.post("", status_code=202, dependencies=[ADMIN])
async def tenant_task_request(
    body: TenantTaskIn, response: Response, caller: Caller, command: CreateCommand
) -> TenantTaskOut:
    """Export the data of the caller's tenant as files or erase a person, in every service.

    A person of the directory who is to be erased is deactivated at once.
    """
    task = await actions.request_own_task(
        command,
        caller.tenant_id,
        TenantTaskKind(body.kind),
        ids=body.ids,
        phones=body.phones,
        emails=body.emails,
    )
    response.headers["Location"] = f"/org/v1/tenant-tasks/{task.id}"
    return await tenant_task_out(command.tx, task)


add_list_routes(
    router,
    store.LISTING,
    guard=[ADMIN],
    description="Operators see those that operators requested.",
)


@router.get("/{task_id}", dependencies=[ADMIN])
async def tenant_task_get(task_id: UUID, tx: Tx) -> TenantTaskOut:
    """Read a task with its progress and what each service did."""
    return await tenant_task_out(tx, await store.get(tx, task_id))
