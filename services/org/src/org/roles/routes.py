"""The routes of roles."""

from uuid import UUID

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.commands import ChangeCommand
from chassis.web.routing import new_router
from org.roles import actions
from org.roles.schemas import RoleEdit, RoleIn, RoleOut
from org.roles.store import LISTING, ROLE

RESOURCE = Resource(
    record_type=ROLE,
    collection="/roles",
    listing=LISTING,
    body=RoleIn,
    edit_body=RoleEdit,
    answer=RoleOut,
    create=actions.create_role,
    edit=actions.edit_role,
    external_ids=False,
    docs={
        "create": "Add a role; callers can give it only scopes that they have themselves",
        "edit": "Rename a role or change its scopes, which take effect with the next token",
    },
)
router = new_router("/roles", tag="roles")


@router.delete("/{role_id}", status_code=204, dependencies=[RESOURCE.write_guard])
async def role_delete(role_id: UUID, command: ChangeCommand) -> None:
    """Delete a role that is not built in and that nobody has."""
    await actions.delete_role(command, role_id)


ROUTERS = resource_routers(RESOURCE, router)
