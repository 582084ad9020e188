from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.web.auth import Caller, allow
from chassis.web.pages import Page, PageParams
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.tenant_tasks import actions, store
from org.tenant_tasks.domain import TaskKind, TenantTask, state_of
from org.tenant_tasks.schemas import TaskReportOut, TenantTaskIn, TenantTaskLine, TenantTaskOut

router = new_router("/tenant-tasks", tag="tenant tasks")
ADMIN = allow("org.tenant.admin")
Kind = Annotated[TaskKind | None, Query(description="Of this kind")]


async def told(tx: AsyncConnection, task: TenantTask) -> TenantTaskOut:
    """A task with the reports that have come."""
    reports = await store.reports(tx, task.id)
    return TenantTaskOut(
        **TenantTaskLine.model_validate(task).model_dump(),
        state=state_of(reports),
        reports=[TaskReportOut.model_validate(one) for one in reports],
    )


@router.post("", status_code=202, dependencies=[ADMIN])
async def tenant_task_request(
    body: TenantTaskIn, response: Response, caller: Caller, tx: Tx, now: Now
) -> TenantTaskOut:
    """Export all my tenant's data as files, or erase a person's data, in every service."""
    task = await actions.request_task(
        tx,
        caller.tenant_id,
        TaskKind(body.kind),
        ids=body.ids,
        phones=body.phones,
        emails=body.emails,
        actor=caller.subject,
        now=now,
    )
    response.headers["Location"] = f"/org/v1/tenant-tasks/{task.id}"
    return await told(tx, task)


@router.get("", dependencies=[ADMIN])
async def tenant_task_list(tx: Tx, page: PageParams, kind: Kind = None) -> Page[TenantTaskLine]:
    """List tasks, newest first; an operator sees those that operators asked for."""
    return await store.read_page(tx, page, kind=kind)


@router.get("/{task_id}", dependencies=[ADMIN])
async def tenant_task_get(task_id: UUID, tx: Tx) -> TenantTaskOut:
    """Read a task: how far it is, and what each service did."""
    return await told(tx, await store.get(tx, task_id))
