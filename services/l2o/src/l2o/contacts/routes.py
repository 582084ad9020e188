"""The HTTP API of contacts."""

from uuid import UUID

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand
from chassis.web.routing import new_router
from l2o.contacts import actions
from l2o.contacts.schemas import ContactDetailOut, ContactEdit, ContactIn, contact_values
from l2o.contacts.store import CONTACT, LISTING

RESOURCE = Resource(
    record_type=CONTACT,
    collection="/contacts",
    listing=LISTING,
    body=ContactIn,
    edit_body=ContactEdit,
    answer=ContactDetailOut,
    values=contact_values,
    create=actions.create_contact,
    edit=actions.edit_contact,
    delete=actions.delete_contact,
    restore=actions.restore_contact,
    matched_by=(("account_id", "name"),),
    docs={"create": "Create a contact of an account"},
)
router = new_router("/contacts", tag="contacts")


@router.post("/{contact_id}/make-primary", dependencies=[RESOURCE.write_guard])
async def contact_make_primary(
    contact_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> ContactDetailOut:
    """Make this the primary contact of its account instead of the current one."""
    return ContactDetailOut.model_validate(await actions.make_primary(command, contact_id))


ROUTERS = resource_routers(RESOURCE, router)
