"""Receivables over HTTP."""

from typing import Annotated
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now, now
from chassis.records import tenant_settings
from chassis.records.access.guards import may_read, may_write
from chassis.records.access.routes import access_router
from chassis.records.audit.routes import audit_router
from chassis.records.external_ids.puts import ExternallyReadResource
from chassis.records.external_ids.routes import external_id_read_router
from chassis.records.lists.expansion import Expansion, expansion_of
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.record_commands import edit_record
from chassis.web.commands import ChangeCommand
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from rms.receivables import actions, store
from rms.receivables.schemas import ReceivableEdit, ReceivableOut
from rms.receivables.store import RECEIVABLE, RECEIVABLES

READ, WRITE = [may_read(RECEIVABLES)], [may_write(RECEIVABLES)]

router = new_router("/receivables", tag="receivables")
access = access_router(RECEIVABLES, collection="receivables", transfer=actions.transfer_receivable)
audit = audit_router(
    "/receivables", resource=RECEIVABLES.resource, table=RECEIVABLES.table, dependencies=READ
)


async def _read(tx: AsyncConnection, receivable_id: UUID) -> ReceivableOut:
    return await store.read_receivable(
        tx, receivable_id, today=await tenant_settings.today(tx, now())
    )


external_ids = external_id_read_router(
    ExternallyReadResource(
        scoped=RECEIVABLES, collection="/receivables", answer=ReceivableOut, get=_read
    )
)


add_list_routes(router, store.RECEIVABLE_LISTING)


@router.get("/{receivable_id}", dependencies=READ, summary="Read a receivable")
async def receivable_get(
    receivable_id: UUID,
    tx: Tx,
    now: Now,
    expansion: Annotated[Expansion, expansion_of(ReceivableOut)],
) -> ReceivableOut:
    today = await tenant_settings.today(tx, now)
    return await expansion.expanded(tx, await store.read_receivable(tx, receivable_id, today=today))


@router.patch(
    "/{receivable_id}", dependencies=WRITE, summary="Change note and custom fields of a receivable"
)
async def receivable_edit(
    receivable_id: UUID, body: MergePatch[ReceivableEdit], command: ChangeCommand
) -> ReceivableOut:
    receivable = await edit_record(command, RECEIVABLE, receivable_id, body.applied)
    today = await tenant_settings.today(command.tx, command.now)
    return ReceivableOut.of(receivable, today=today)


ROUTERS = (external_ids, access, router, audit)
