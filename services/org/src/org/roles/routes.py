"""The routes of roles."""

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
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
    delete=actions.delete_role,
    restore=actions.restore_role,
    imported=False,
    docs={
        "create": "Add a role; callers can give it only scopes that they have themselves",
        "edit": "Rename a role or change its scopes, which take effect with the next token",
        "delete": "Delete a role that is not built in and that nobody has; it can be restored",
    },
)
ROUTERS = resource_routers(RESOURCE)
