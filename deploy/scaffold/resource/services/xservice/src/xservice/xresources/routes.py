"""XWords over HTTP."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.guards import may_list
from chassis.records.access.guards import may_read
from chassis.records.access.guards import may_write
from chassis.records.access.visibility import Visibility
from chassis.records.access.routes import access_router
from chassis.records.audit.routes import audit_router
from chassis.web.auth import Caller
from chassis.web.auth import Principal
from chassis.web.auth import allow
from chassis.web.bodies import EmptyBody
from chassis.foundation.clock import Now
from chassis.records.external_ids.routes import ExternallyWrittenResource
from chassis.records.external_ids.routes import external_id_router
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import ListPage
from chassis.web.pages import PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from xservice.xresources import actions
from xservice.xresources import store
from xservice.xresources.domain import Xresource
from xservice.xresources.schemas import XresourceEdit
from xservice.xresources.schemas import XresourceIn
from xservice.xresources.schemas import XresourceOut

XRESOURCES = store.XRESOURCES
READ, WRITE = [may_read(XRESOURCES)], [may_write(XRESOURCES)]

router = new_router("/xurl", tag="xurl")
access = access_router(XRESOURCES, collection="xurl", transfer=actions.transfer_xresource)
audit = audit_router(
    "/xurl", resource=XRESOURCES.resource, table=XRESOURCES.table, dependencies=READ
)


async def _create(
    tx: AsyncConnection, body: XresourceIn, caller: Principal, now: datetime
) -> Xresource:
    details = actions.XresourceDetails(**_fields_of(body))
    return await actions.create_xresource(tx, details, owner_id=caller.subject, now=now)


async def _replace(
    tx: AsyncConnection, xresource_id: UUID, body: XresourceIn, _: Principal, now: datetime
) -> Xresource:
    """Set every field that a person may change, as PUT by an external id does."""
    return await actions.edit_xresource(
        tx, xresource_id, lambda before: replace(before, **_fields_of(body)), now=now
    )


def _fields_of(body: XresourceIn) -> dict[str, Any]:
    return {name: getattr(body, name) for name in XresourceEdit.model_fields}


@router.post("", status_code=201, dependencies=[allow("xservice.xresource.write")])
async def xresource_create(
    body: XresourceIn, tx: Tx, now: Now, caller: Caller, response: Response
) -> XresourceOut:
    """Create a xword."""
    xresource = await _create(tx, body, caller, now)
    response.headers["Location"] = f"/xservice/v1/xurl/{xresource.id}"
    return XresourceOut.model_validate(xresource)


@router.get("")
async def xresource_list(
    tx: Tx,
    page: PageParams,
    list_query: Annotated[ListQuery, store.LISTING.query],
    visibility: Annotated[Visibility, may_list(XRESOURCES)],
) -> ListPage[XresourceOut]:
    """List xwords, newest first."""
    return await store.LISTING.page(tx, page, list_query, visibility)


@router.get("/{xresource_id}", dependencies=READ)
async def xresource_get(xresource_id: UUID, tx: Tx) -> XresourceOut:
    """Read a xword."""
    return XresourceOut.model_validate(await store.get(tx, xresource_id))


@router.patch("/{xresource_id}", dependencies=WRITE)
async def xresource_edit(
    xresource_id: UUID, body: MergePatch[XresourceEdit], tx: Tx, now: Now, expected: IfMatch
) -> XresourceOut:
    """Change the fields that the body names."""
    xresource = await actions.edit_xresource(
        tx, xresource_id, body.applied, expected=expected, now=now
    )
    return XresourceOut.model_validate(xresource)


@router.delete("/{xresource_id}", status_code=204, dependencies=WRITE)
async def xresource_delete(xresource_id: UUID, tx: Tx, now: Now, expected: IfMatch) -> None:
    """Delete a xword; it can be restored."""
    await actions.delete_xresource(tx, xresource_id, expected=expected, now=now)


@router.post("/{xresource_id}/restore", dependencies=WRITE)
async def xresource_restore(
    xresource_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: EmptyBody | None = None
) -> XresourceOut:
    """Restore a deleted xword."""
    xresource = await actions.restore_xresource(tx, xresource_id, expected=expected, now=now)
    return XresourceOut.model_validate(xresource)


async def _restore(
    tx: AsyncConnection, xresource_id: UUID, _: Principal, now: datetime
) -> Xresource:
    return await actions.restore_xresource(tx, xresource_id, now=now)


by_external_id = external_id_router(
    ExternallyWrittenResource(
        scoped=XRESOURCES,
        collection="/xurl",
        body=XresourceIn,
        answer=XresourceOut,
        create=_create,
        update=_replace,
        restore=_restore,
        get=store.get,
    )
)
ROUTERS = (by_external_id, access, router, audit)
