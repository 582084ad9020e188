"""The routes of departments."""

from dataclasses import replace
from uuid import UUID

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand
from chassis.web.pages import Page, PageParams
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.departments import actions, store
from org.departments.schemas import (
    DepartmentEdit,
    DepartmentIn,
    DepartmentMoveIn,
    DepartmentMoveOut,
    DepartmentOut,
)
from org.departments.store import DEPARTMENT, LISTING

RESOURCE = Resource(
    record_type=DEPARTMENT,
    collection="/departments",
    listing=LISTING,
    body=DepartmentIn,
    edit_body=DepartmentEdit,
    answer=DepartmentOut,
    create=actions.create_department,
    edit=actions.edit_department,
    delete=actions.delete_department,
    restore=actions.restore_department,
    matched_by=(("code",), ("name", "parent_id")),
    docs={
        "create": "Add a department below another one, or a root",
        "edit": "Edit a department",
        "delete": "Delete a department without people, sub-departments and working hours of its own"
        "\n\nIt keeps its code and can be restored.",
    },
)
READ, WRITE = [RESOURCE.read_guard], [RESOURCE.write_guard]
router = new_router("/departments", tag="departments")


@router.get("/{department_id}/subtree", dependencies=READ)
async def department_subtree(department_id: UUID, tx: Tx, page: PageParams) -> Page[DepartmentOut]:
    """List the department and all departments below it, by name."""
    await DEPARTMENT.get(tx, department_id)
    return await store.read_subtree(tx, department_id, page)


@router.get("/{department_id}/moves", dependencies=READ)
async def department_moves(
    department_id: UUID, tx: Tx, page: PageParams
) -> Page[DepartmentMoveOut]:
    """List the moves of a department, the latest first."""
    return await store.read_moves(tx, department_id, page)


@router.post("/{department_id}/move", dependencies=WRITE)
async def department_move(
    department_id: UUID, body: DepartmentMoveIn, command: ChangeCommand
) -> DepartmentOut:
    """Move a department, with everything below it, under another one."""
    command = replace(command, reason=body.reason)
    department = await actions.move_department(command, department_id, body.parent_id)
    return DepartmentOut.model_validate(department)


@router.post("/{department_id}/deactivate", dependencies=WRITE)
async def department_deactivate(
    department_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> DepartmentOut:
    """Deactivate a department: it takes no new posts and no new sub-departments."""
    department = await actions.set_department_active(command, department_id, active=False)
    return DepartmentOut.model_validate(department)


@router.post("/{department_id}/reactivate", dependencies=WRITE)
async def department_reactivate(
    department_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> DepartmentOut:
    """Reactivate a department."""
    department = await actions.set_department_active(command, department_id, active=True)
    return DepartmentOut.model_validate(department)


ROUTERS = resource_routers(RESOURCE, router)
