"""Contacts over HTTP."""

from uuid import UUID

from fastapi import Response

from chassis.auth import allow
from chassis.clock import Now
from chassis.pages import Page, PageParams, fetch_page
from chassis.routing import new_router
from chassis.rows import from_columns
from chassis.transaction import Tx
from l2o.contacts import actions, store
from l2o.contacts.domain import Contact
from l2o.contacts.schemas import ContactIn, ContactOut

router = new_router("/contacts", tag="contacts")


@router.post("", status_code=201, dependencies=[allow("l2o.contact.write")])
async def contact_create(body: ContactIn, tx: Tx, now: Now, response: Response) -> ContactOut:
    """Create a contact of an account."""
    contact = await actions.create_contact(
        tx,
        account_id=body.account_id,
        name=body.name,
        phone=body.phone,
        email=body.email,
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
