"""Orders over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records import tenant_settings
from chassis.records.access.guards import may_list, may_read, may_write
from chassis.records.access.routes import access_router
from chassis.records.access.visibility import Visibility, visibility_of
from chassis.records.audit.routes import audit_router
from chassis.records.external_ids.routes import ExternallyReadResource, external_id_read_router
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listed
from chassis.web.auth import Caller, Principal
from chassis.web.bodies import MoveIn
from chassis.web.idempotency import KEY_REQUIRED
from chassis.web.pages import Page, PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from rms.orders import actions, store
from rms.orders.domain.amendments import Amendment
from rms.orders.domain.order import Wanted
from rms.orders.schemas import (
    CancellationOut,
    LinesCancelIn,
    OrderAmendIn,
    OrderCancelIn,
    OrderEdit,
    OrderOut,
    OrderSummary,
    RevisionOut,
    ShipmentIn,
    ShipmentOut,
)
from rms.receivables.store import RECEIVABLES

ORDERS = store.ORDERS
READ, WRITE = may_read(ORDERS), may_write(ORDERS)

router = new_router("/orders", tag="orders")
access = access_router(ORDERS, collection="orders", transfer=actions.transfer_order)
audit = audit_router("/orders", resource=ORDERS.resource, table=ORDERS.table, dependencies=[READ])


async def _owed(tx: AsyncConnection, caller: Principal, now: datetime) -> Visibility:
    """Which receivables the caller sees: none without the right to read any."""
    resource = RECEIVABLES.resource
    return (
        await visibility_of(tx, caller, resource, now)
        if caller.may(f"{resource}.read")
        else Visibility()
    )


async def _answer(
    tx: AsyncConnection, order_id: UUID, caller: Principal, now: datetime
) -> OrderOut:
    """The order as this caller sees it. Raises NotFound."""
    owed = await _owed(tx, caller, now)
    return await store.read(tx, order_id, owed, today=await tenant_settings.today(tx, now))


names = external_id_read_router(
    ExternallyReadResource(
        scoped=ORDERS, collection="/orders", answer=OrderOut, get=store.get, read=_answer
    )
)


@router.get("", summary="List orders, newest first")
async def order_list(
    tx: Tx,
    page: PageParams,
    asked: Annotated[ListQuery, store.LISTING.query],
    visibility: Annotated[Visibility, may_list(ORDERS)],
) -> Listed[OrderSummary]:
    """Those the caller sees."""
    return await store.LISTING.page(tx, page, asked, visibility)


@router.patch("/{order_id}", dependencies=[WRITE], summary="Change what is noted of an order")
async def order_edit(
    order_id: UUID, body: MergePatch[OrderEdit], tx: Tx, now: Now, caller: Caller, expected: IfMatch
) -> OrderOut:
    """Not of a cancelled one. What was agreed is changed by an amendment."""
    await actions.edit_order(tx, order_id, body.applied, expected=expected, now=now)
    return await _answer(tx, order_id, caller, now)


@router.get(
    "/{order_id}",
    dependencies=[READ],
    summary="Read an order with its lines, shipments and receivables",
)
async def order_get(order_id: UUID, tx: Tx, now: Now, caller: Caller) -> OrderOut:
    """Of the receivables those that the caller sees under `/receivables`; else none."""
    return await _answer(tx, order_id, caller, now)


@router.post(
    "/{order_id}/confirm",
    dependencies=[WRITE],
    summary="Confirm an order; a confirmed one is answered as it is",
)
async def order_confirm(
    order_id: UUID, tx: Tx, now: Now, caller: Caller, expected: IfMatch, body: MoveIn | None = None
) -> OrderOut:
    await actions.confirm_order(tx, order_id, expected=expected, now=now)
    return await _answer(tx, order_id, caller, now)


@router.post(
    "/{order_id}/amend",
    dependencies=[WRITE],
    summary="Change an order of which nothing left yet; it must be confirmed (again)",
)
async def order_amend(
    order_id: UUID, body: OrderAmendIn, tx: Tx, now: Now, caller: Caller, expected: IfMatch
) -> OrderOut:
    amendment = Amendment(
        quantities=[Wanted(line.line_id, line.quantity) for line in body.lines],
        removed=body.removed_line_ids,
        requested_date=body.requested_date,
        reason=body.reason,
    )
    await actions.amend_order(
        tx,
        order_id,
        amendment,
        term_code=body.payment_term,
        actor=caller.subject,
        expected=expected,
        now=now,
    )
    return await _answer(tx, order_id, caller, now)


@router.post(
    "/{order_id}/cancel",
    dependencies=[WRITE],
    summary="Cancel an order of which nothing left; a cancelled one is answered as it is",
)
async def order_cancel(
    order_id: UUID, body: OrderCancelIn, tx: Tx, now: Now, caller: Caller, expected: IfMatch
) -> OrderOut:
    await actions.cancel_order(
        tx, order_id, reason=body.reason, actor=caller.subject, expected=expected, now=now
    )
    return await _answer(tx, order_id, caller, now)


@router.post(
    "/{order_id}/cancel-lines",
    dependencies=[WRITE, KEY_REQUIRED],
    summary="Cancel what was not shipped of some lines, or all that is left",
)
async def order_cancel_lines(
    order_id: UUID, body: LinesCancelIn, tx: Tx, now: Now, caller: Caller, expected: IfMatch
) -> OrderOut:
    lines = body.lines
    await actions.cancel_order_lines(
        tx,
        order_id,
        None if lines is None else [Wanted(line.line_id, line.quantity) for line in lines],
        reason=body.reason,
        actor=caller.subject,
        expected=expected,
        now=now,
    )
    return await _answer(tx, order_id, caller, now)


@router.get(
    "/{order_id}/revisions",
    dependencies=[READ],
    summary="List how an order stood before its amendments, newest first",
)
async def revision_list(order_id: UUID, tx: Tx, page: PageParams) -> Page[RevisionOut]:
    return await store.read_revisions(tx, order_id, page)


@router.get(
    "/{order_id}/cancellations",
    dependencies=[READ],
    summary="List what of an order will never be shipped, newest first",
)
async def cancellation_list(order_id: UUID, tx: Tx, page: PageParams) -> Page[CancellationOut]:
    return await store.read_cancellations(tx, order_id, page)


@router.post(
    "/{order_id}/shipments",
    status_code=201,
    dependencies=[WRITE, KEY_REQUIRED],
    summary="Ship a part of an order, or all that is left; the customer owes for it from then on",
)
async def order_ship(
    order_id: UUID, body: ShipmentIn, response: Response, tx: Tx, now: Now
) -> ShipmentOut:
    lines = body.lines
    shipment = await actions.ship_order(
        tx,
        order_id,
        None if lines is None else [Wanted(line.line_id, line.quantity) for line in lines],
        shipped_date=body.shipped_date,
        due_days=body.due_days,
        now=now,
    )
    response.headers["Location"] = f"/rms/v1/orders/{order_id}/shipments/{shipment.id}"
    return ShipmentOut.model_validate(shipment)


@router.get(
    "/{order_id}/shipments",
    dependencies=[READ],
    summary="List the shipments of an order, newest first",
)
async def shipment_list(order_id: UUID, tx: Tx, page: PageParams) -> Page[ShipmentOut]:
    return await store.read_shipments(tx, order_id, page)


@router.get("/{order_id}/shipments/{shipment_id}", dependencies=[READ], summary="Read a shipment")
async def shipment_get(order_id: UUID, shipment_id: UUID, tx: Tx) -> ShipmentOut:
    return await store.read_shipment(tx, order_id, shipment_id)


ROUTERS = (names, access, router, audit)
