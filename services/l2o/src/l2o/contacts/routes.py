"""The HTTP API of contacts."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read, may_write
from chassis.records.access.routes import access_router
from chassis.records.access.visibility import Visibility, visibility_of
from chassis.records.audit.routes import audit_router
from chassis.records.external_ids.routes import ExternallyWrittenResource, external_id_router
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import ListPage
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import EmptyBody
from chassis.web.pages import PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from l2o.contacts import actions, store
from l2o.contacts.domain import Contact
from l2o.contacts.schemas import ContactEdit, ContactIn, ContactOut
from l2o.contacts.views import ACCOUNT_RESOURCE

CONTACTS = store.CONTACTS
READ, WRITE = [may_read(CONTACTS)], [may_write(CONTACTS)]

router = new_router("/contacts", tag="contacts")
access = access_router(CONTACTS, collection="contacts", transfer=actions.transfer_contact)
audit = audit_router(
    "/contacts", resource=CONTACTS.resource, table=CONTACTS.table, dependencies=READ
)


async def _create(
    tx: AsyncConnection, body: ContactIn, caller: Principal, now: datetime
) -> Contact:
    return await actions.create_contact(
        tx,
        actions.ContactDetails(**_editable_values(body)),
        account_id=body.account_id,
        actor=caller.subject,
        now=now,
        visibility=await visibility_of(tx, caller, ACCOUNT_RESOURCE, now),
    )


async def _replace(
    tx: AsyncConnection, contact_id: UUID, body: ContactIn, _: Principal, now: datetime
) -> Contact:
    """Replace every editable field; the owner stays."""
    values = {**_editable_values(body), "account_id": body.account_id}
    return await actions.edit_contact(
        tx, contact_id, lambda before: replace(before, **values), now=now
    )


def _editable_values(body: ContactIn) -> dict[str, Any]:
    return {name: getattr(body, name) for name in ContactEdit.model_fields}


@router.post("", status_code=201, dependencies=[allow("l2o.contact.write")])
async def contact_create(
    body: ContactIn, tx: Tx, now: Now, caller: Caller, response: Response
) -> ContactOut:
    """Create a contact of an account."""
    contact = await _create(tx, body, caller, now)
    response.headers["Location"] = f"/l2o/v1/contacts/{contact.id}"
    return ContactOut.model_validate(contact)


@router.get("")
async def contact_list(
    tx: Tx,
    page: PageParams,
    list_query: Annotated[ListQuery, store.LISTING.query],
    visibility: Annotated[Visibility, may_list(CONTACTS)],
) -> ListPage[ContactOut]:
    """List contacts, newest first."""
    return await store.LISTING.page(tx, page, list_query, visibility)


@router.get("/{contact_id}", dependencies=READ)
async def contact_get(contact_id: UUID, tx: Tx) -> ContactOut:
    """Read a contact."""
    return ContactOut.model_validate(await store.get(tx, contact_id))


@router.patch("/{contact_id}", dependencies=WRITE)
async def contact_edit(
    contact_id: UUID, body: MergePatch[ContactEdit], tx: Tx, now: Now, expected: IfMatch
) -> ContactOut:
    """Change the fields that the body names."""
    contact = await actions.edit_contact(tx, contact_id, body.applied, expected=expected, now=now)
    return ContactOut.model_validate(contact)


@router.post("/{contact_id}/make-primary", dependencies=WRITE)
async def contact_make_primary(
    contact_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: EmptyBody | None = None
) -> ContactOut:
    """Make this the primary contact of its account instead of the current one."""
    contact = await actions.make_primary(tx, contact_id, expected=expected, now=now)
    return ContactOut.model_validate(contact)


@router.delete("/{contact_id}", status_code=204, dependencies=WRITE)
async def contact_delete(contact_id: UUID, tx: Tx, now: Now, expected: IfMatch) -> None:
    """Delete a contact; it can be restored."""
    await actions.delete_contact(tx, contact_id, expected=expected, now=now)


@router.post("/{contact_id}/restore", dependencies=WRITE)
async def contact_restore(
    contact_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: EmptyBody | None = None
) -> ContactOut:
    """Restore a deleted contact."""
    contact = await actions.restore_contact(tx, contact_id, expected=expected, now=now)
    return ContactOut.model_validate(contact)


async def _restore(tx: AsyncConnection, contact_id: UUID, _: Principal, now: datetime) -> Contact:
    """Restore the contact before it is replaced."""
    return await actions.restore_contact(tx, contact_id, now=now)


by_external_id = external_id_router(
    ExternallyWrittenResource(
        scoped=CONTACTS,
        collection="/contacts",
        body=ContactIn,
        answer=ContactOut,
        create=_create,
        update=_replace,
        restore=_restore,
        get=store.get,
    )
)
ROUTERS = (by_external_id, access, router, audit)
