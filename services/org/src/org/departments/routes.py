"""The routes of departments."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.visibility import UnownedResource
from chassis.records.audit.routes import audit_router
from chassis.records.external_ids.routes import (
    ExternallyWrittenResource,
    external_id_router,
)
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import EmptyBody
from chassis.web.pages import Page, PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.departments import actions, store
from org.departments.domain import Department
from org.departments.schemas import (
    DepartmentEdit,
    DepartmentIn,
    DepartmentMoveIn,
    DepartmentMoveOut,
    DepartmentOut,
)

router = new_router("/departments", tag="departments")
READ, WRITE = allow("org.department.read"), allow("org.department.write")


@router.post("", status_code=201, dependencies=[WRITE])
async def department_create(
    body: DepartmentIn, response: Response, tx: Tx, now: Now
) -> DepartmentOut:
    """Add a department below another one, or a root."""
    department = await actions.create_department(
        tx,
        name=body.name,
        code=body.code,
        parent_id=body.parent_id,
        manager_id=body.manager_id,
        custom_fields=body.custom_fields,
        now=now,
    )
    response.headers["Location"] = f"/org/v1/departments/{department.id}"
    return DepartmentOut.model_validate(department)


add_list_routes(router, store.LISTING)


@router.get("/{department_id}", dependencies=[READ])
async def department_get(department_id: UUID, tx: Tx) -> DepartmentOut:
    """Read a department."""
    return DepartmentOut.model_validate(await store.get(tx, department_id))


@router.patch("/{department_id}", dependencies=[WRITE])
async def department_change(
    department_id: UUID, body: MergePatch[DepartmentEdit], expected: IfMatch, tx: Tx, now: Now
) -> DepartmentOut:
    """Edit a department."""
    department = await actions.change_department(
        tx, department_id, body.applied, now=now, expected=expected
    )
    return DepartmentOut.model_validate(department)


@router.get("/{department_id}/subtree", dependencies=[READ])
async def department_subtree(department_id: UUID, tx: Tx, page: PageParams) -> Page[DepartmentOut]:
    """List the department and all departments below it, by name."""
    await store.get(tx, department_id)
    return await store.read_subtree(tx, department_id, page)


@router.get("/{department_id}/moves", dependencies=[READ])
async def department_moves(
    department_id: UUID, tx: Tx, page: PageParams
) -> Page[DepartmentMoveOut]:
    """List the moves of a department, the latest first."""
    return await store.read_moves(tx, department_id, page)


@router.post("/{department_id}/move", dependencies=[WRITE])
async def department_move(
    department_id: UUID,
    body: DepartmentMoveIn,
    expected: IfMatch,
    caller: Caller,
    tx: Tx,
    now: Now,
) -> DepartmentOut:
    """Move a department, with everything below it, under another one."""
    department = await actions.move_department(
        tx,
        department_id,
        body.parent_id,
        by=caller.subject,
        reason=body.reason,
        now=now,
        expected=expected,
    )
    return DepartmentOut.model_validate(department)


@router.post("/{department_id}/deactivate", dependencies=[WRITE])
async def department_deactivate(
    department_id: UUID, expected: IfMatch, tx: Tx, now: Now, body: EmptyBody | None = None
) -> DepartmentOut:
    """Deactivate a department: it takes no new posts and no new sub-departments."""
    department = await actions.set_department_active(
        tx, department_id, active=False, now=now, expected=expected
    )
    return DepartmentOut.model_validate(department)


@router.post("/{department_id}/reactivate", dependencies=[WRITE])
async def department_reactivate(
    department_id: UUID, expected: IfMatch, tx: Tx, now: Now, body: EmptyBody | None = None
) -> DepartmentOut:
    """Reactivate a department."""
    department = await actions.set_department_active(
        tx, department_id, active=True, now=now, expected=expected
    )
    return DepartmentOut.model_validate(department)


@router.delete("/{department_id}", status_code=204, dependencies=[WRITE])
async def department_delete(department_id: UUID, expected: IfMatch, tx: Tx, now: Now) -> None:
    """Delete a department that has no people and no sub-departments."""
    await actions.delete_department(tx, department_id, now=now, expected=expected)


async def _create(
    tx: AsyncConnection, body: DepartmentIn, _: Principal, now: datetime
) -> Department:
    return await actions.create_department(tx, **vars(body), now=now)


async def _replace(
    tx: AsyncConnection, department_id: UUID, body: DepartmentIn, caller: Principal, now: datetime
) -> Department:
    """Move first: the lock on the tree comes before any row lock."""
    values = dict(vars(body))
    parent_id = values.pop("parent_id")
    await actions.move_department(tx, department_id, parent_id, by=caller.subject, now=now)
    return await actions.change_department(
        tx, department_id, lambda before: replace(before, **values), now=now
    )


by_external_id = external_id_router(
    ExternallyWrittenResource(
        scoped=UnownedResource(store.DEPARTMENT, store.departments),
        collection="/departments",
        body=DepartmentIn,
        answer=DepartmentOut,
        create=_create,
        update=_replace,
        get=store.get,
    )
)
audit = audit_router(
    "/departments", resource=store.DEPARTMENT, table=store.departments, dependencies=[READ]
)
ROUTERS = (by_external_id, router, audit)
