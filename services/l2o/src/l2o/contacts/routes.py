"""Contacts over HTTP."""

from uuid import UUID

from fastapi import Response

from chassis.auth import Caller, allow
from chassis.bodies import MoveIn
from chassis.clock import Now
from chassis.pages import Page, PageParams, fetch_page
from chassis.patches import MergePatch
from chassis.preconditions import IfMatch
from chassis.routing import new_router
from chassis.rows import from_columns
from chassis.transaction import Tx
from l2o.contacts import actions, store
from l2o.contacts.domain import Contact
from l2o.contacts.schemas import ContactEdit, ContactIn, ContactOut

router = new_router("/contacts", tag="contacts")


@router.post("", status_code=201, dependencies=[allow("l2o.contact.write")])
async def contact_create(
    body: ContactIn, tx: Tx, now: Now, caller: Caller, response: Response
) -> ContactOut:
    """Create a contact of an account."""
    known = {name: value for name, value in body if name != "account_id"}
    contact = await actions.create_contact(
        tx,
        actions.ContactDetails(**known),
        account_id=body.account_id,
        owner_id=caller.subject,
        now=now,
    )
    response.headers["Location"] = f"/l2o/v1/contacts/{contact.id}"
    return ContactOut.model_validate(contact)


@router.get("", dependencies=[allow("l2o.contact.read")])
async def contact_list(
    tx: Tx, page: PageParams, account_id: UUID | None = None
) -> Page[ContactOut]:
    """List contacts, newest first."""
    return await fetch_page(
        tx,
        store.listed(account_id),
        page,
        shape=lambda row: ContactOut.model_validate(from_columns(Contact, row)),
    )


@router.get("/{contact_id}", dependencies=[allow("l2o.contact.read")])
async def contact_get(contact_id: UUID, tx: Tx) -> ContactOut:
    """Read a contact."""
    return ContactOut.model_validate(await store.get(tx, contact_id))


@router.patch("/{contact_id}", dependencies=[allow("l2o.contact.write")])
async def contact_edit(
    contact_id: UUID, body: MergePatch[ContactEdit], tx: Tx, now: Now, expected: IfMatch
) -> ContactOut:
    """Change what is known of a contact."""
    contact = await actions.edit_contact(tx, contact_id, body.applied, expected=expected, now=now)
    return ContactOut.model_validate(contact)


@router.post("/{contact_id}/make-primary", dependencies=[allow("l2o.contact.write")])
async def contact_make_primary(
    contact_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> ContactOut:
    """Call this one first from here on, in place of who was the primary contact."""
    contact = await actions.make_primary(tx, contact_id, expected=expected, now=now)
    return ContactOut.model_validate(contact)


@router.delete("/{contact_id}", status_code=204, dependencies=[allow("l2o.contact.write")])
async def contact_delete(contact_id: UUID, tx: Tx, now: Now, expected: IfMatch) -> None:
    """Take it out of every list; it can be restored."""
    await actions.delete_contact(tx, contact_id, expected=expected, now=now)


@router.post("/{contact_id}/restore", dependencies=[allow("l2o.contact.write")])
async def contact_restore(
    contact_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> ContactOut:
    """Undo its deletion."""
    contact = await actions.restore_contact(tx, contact_id, expected=expected, now=now)
    return ContactOut.model_validate(contact)
