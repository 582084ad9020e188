"""Receivables over HTTP."""

from typing import Annotated
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import directory
from chassis.access.guards import may_list, may_read, may_write
from chassis.access.reach import Reach
from chassis.access.routes import access_router
from chassis.audit.routes import audit_router
from chassis.clock import Now, now
from chassis.external_ids.routes import Named, external_name_router
from chassis.lists.asked import Asked
from chassis.lists.listing import Listed
from chassis.pages import PageParams
from chassis.patches import MergePatch
from chassis.preconditions import IfMatch
from chassis.routing import new_router
from chassis.transaction import Tx
from rms.receivables import actions, store
from rms.receivables.schemas import ReceivableEdit, ReceivableOut

RECEIVABLES = store.RECEIVABLES
READ, WRITE = [may_read(RECEIVABLES)], [may_write(RECEIVABLES)]

router = new_router("/receivables", tag="receivables")
access = access_router(RECEIVABLES, collection="receivables", transfer=actions.transfer_receivable)
audit = audit_router(
    "/receivables", resource=RECEIVABLES.resource, table=RECEIVABLES.table, dependencies=READ
)


async def _read(tx: AsyncConnection, receivable_id: UUID) -> ReceivableOut:
    return await store.read(tx, receivable_id, today=await directory.today(tx, now()))


names = external_name_router(
    Named(scoped=RECEIVABLES, collection="/receivables", answer=ReceivableOut, get=_read)
)


@router.get("", summary="List receivables, newest first")
async def receivable_list(
    tx: Tx,
    now: Now,
    page: PageParams,
    asked: Annotated[Asked, store.LISTING.query],
    reach: Annotated[Reach, may_list(RECEIVABLES)],
) -> Listed[ReceivableOut]:
    """Those the caller sees."""
    today = await directory.today(tx, now)
    return await store.LISTING.page(tx, page, asked, reach, shape=store.shaped(today))


@router.get("/{receivable_id}", dependencies=READ, summary="Read a receivable")
async def receivable_get(receivable_id: UUID, tx: Tx, now: Now) -> ReceivableOut:
    return await store.read(tx, receivable_id, today=await directory.today(tx, now))


@router.patch("/{receivable_id}", dependencies=WRITE, summary="Change what is noted of it")
async def receivable_edit(
    receivable_id: UUID, body: MergePatch[ReceivableEdit], tx: Tx, now: Now, expected: IfMatch
) -> ReceivableOut:
    receivable = await actions.edit_receivable(
        tx, receivable_id, body.applied, expected=expected, now=now
    )
    return ReceivableOut.of(receivable, today=await directory.today(tx, now))


ROUTERS = (names, access, router, audit)
