from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis import directory
from chassis.auth import allow
from chassis.clock import Now
from chassis.pages import Page, PageParams
from chassis.routing import new_router
from chassis.transaction import Tx
from rms.receivables import store
from rms.receivables.domain import ReceivableStatus
from rms.receivables.schemas import ReceivableOut

router = new_router("/receivables", tag="receivables")
READ = allow("rms.receivable.read")


@router.get("", dependencies=[READ], summary="List receivables, newest first")
async def receivable_list(
    tx: Tx,
    now: Now,
    page: PageParams,
    account_id: Annotated[UUID | None, Query(description="Owed by this account")] = None,
    order_id: Annotated[UUID | None, Query(description="For shipments of this order")] = None,
    status: Annotated[ReceivableStatus | None, Query(description="In this status")] = None,
) -> Page[ReceivableOut]:
    return await store.read_page(
        tx,
        page,
        account_id=account_id,
        order_id=order_id,
        status=status,
        today=await directory.today(tx, now),
    )


@router.get("/{receivable_id}", dependencies=[READ], summary="Read a receivable")
async def receivable_get(receivable_id: UUID, tx: Tx, now: Now) -> ReceivableOut:
    return await store.read(tx, receivable_id, today=await directory.today(tx, now))
