"""Orders over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records import tenant_settings
from chassis.records.access.guards import may_read, may_write
from chassis.records.access.routes import access_router
from chassis.records.access.visibility import Visibility, visibility_of
from chassis.records.audit.routes import audit_router
from chassis.records.document_transfers import transfer_of
from chassis.records.external_ids.puts import ExternallyReadResource
from chassis.records.external_ids.routes import external_id_read_router
from chassis.records.lists.expansion import Expansion, expansion_of
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, Principal
from chassis.web.bodies import EmptyBody
from chassis.web.commands import AddCommand, ChangeCommand, Command
from chassis.web.idempotency import IDEMPOTENCY_KEY_REQUIRED
from chassis.web.pages import Page, PageParams
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from rms.orders.actions.cancellations import cancel_order, cancel_order_lines
from rms.orders.actions.edits import edit_order
from rms.orders.actions.lifecycle import amend_order, confirm_order
from rms.orders.actions.shipments import ship_order
from rms.orders.domain.amendments import Amendment
from rms.orders.domain.order import LineQuantity, Order
from rms.orders.schemas.documents import (
    CancellationOut,
    LinesCancelIn,
    OrderAmendIn,
    OrderCancelIn,
    OrderEdit,
    OrderOut,
    RevisionOut,
    ShipmentIn,
    ShipmentLineIn,
    ShipmentOut,
)
from rms.orders.store.reads import (
    ORDER_LISTING,
    read_cancellations,
    read_revisions,
    read_shipment,
    read_shipments,
)
from rms.orders.store.tables import ORDERS
from rms.orders.store.writes import ORDER
from rms.orders.views import complete_order
from rms.receivables.store import RECEIVABLES

READ, WRITE = may_read(ORDERS), may_write(ORDERS)

router = new_router("/orders", tag="orders")
access = access_router(ORDERS, collection="orders", transfer=transfer_of(ORDER))
audit = audit_router("/orders", resource=ORDERS.resource, table=ORDERS.table, dependencies=[READ])


async def _read(tx: AsyncConnection, order_id: UUID, caller: Principal, now: datetime) -> OrderOut:
    """The order as this caller sees it. Raises NotFound."""
    return await _complete(tx, await ORDER.get(tx, order_id), caller, now)


async def _complete(
    tx: AsyncConnection, order: Order, caller: Principal, now: datetime
) -> OrderOut:
    """The order with the receivables that this caller sees.

    These are none without the scope to read receivables.
    """
    resource = RECEIVABLES.resource
    visibility = (
        await visibility_of(tx, caller, resource, now)
        if caller.may(f"{resource}.read")
        else Visibility()
    )
    return await complete_order(tx, order, visibility, today=await tenant_settings.today(tx, now))


async def _answer(command: Command, order: Order) -> OrderOut:
    """The order after a command, as its caller sees it."""
    assert command.caller is not None
    return await _complete(command.tx, order, command.caller, command.now)


def _quantities(lines: Sequence[ShipmentLineIn] | None) -> Sequence[LineQuantity] | None:
    return None if lines is None else [LineQuantity(one.line_id, one.quantity) for one in lines]


external_ids = external_id_read_router(
    ExternallyReadResource(
        scoped=ORDERS, collection="/orders", answer=OrderOut, get=ORDER.get, read=_read
    )
)


add_list_routes(router, ORDER_LISTING)


@router.patch(
    "/{order_id}",
    dependencies=[WRITE],
    summary="Change note, customer order number and custom fields of an order",
)
async def order_edit(
    order_id: UUID, body: MergePatch[OrderEdit], command: ChangeCommand
) -> OrderOut:
    """Cancelled orders cannot be edited. Agreed values are changed by an amendment."""
    order = await edit_order(command, order_id, body.applied)
    return await _answer(command, order)


@router.get(
    "/{order_id}",
    dependencies=[READ],
    summary="Read an order with its lines, shipments and receivables",
)
async def order_get(
    order_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    expansion: Annotated[Expansion, expansion_of(OrderOut)],
) -> OrderOut:
    """Contains only the receivables that the caller also sees under `/receivables`."""
    return await expansion.expanded(tx, await _read(tx, order_id, caller, now))


@router.post(
    "/{order_id}/confirm",
    dependencies=[WRITE],
    summary="Confirm an order; no effect on a confirmed order",
)
async def order_confirm(
    order_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> OrderOut:
    order = await confirm_order(command, order_id)
    return await _answer(command, order)


@router.post(
    "/{order_id}/amend",
    dependencies=[WRITE],
    summary="Amend an order before anything is shipped; it must be confirmed (again)",
)
async def order_amend(order_id: UUID, body: OrderAmendIn, command: ChangeCommand) -> OrderOut:
    amendment = Amendment(
        quantities=_quantities(body.lines) or (),
        removed=body.removed_line_ids,
        requested_date=body.requested_date,
        reason=body.reason,
    )
    order = await amend_order(command, order_id, amendment, term_code=body.payment_term)
    return await _answer(command, order)


@router.post(
    "/{order_id}/cancel",
    dependencies=[WRITE],
    summary="Cancel an order of which nothing was shipped; no effect on a cancelled order",
)
async def order_cancel(order_id: UUID, body: OrderCancelIn, command: ChangeCommand) -> OrderOut:
    order = await cancel_order(command, order_id, reason=body.reason)
    return await _answer(command, order)


@router.post(
    "/{order_id}/cancel-lines",
    dependencies=[WRITE, IDEMPOTENCY_KEY_REQUIRED],
    summary="Cancel open quantities of some lines, or all open quantities",
)
async def order_cancel_lines(
    order_id: UUID, body: LinesCancelIn, command: ChangeCommand
) -> OrderOut:
    quantities = _quantities(body.lines)
    order = await cancel_order_lines(command, order_id, quantities, reason=body.reason)
    return await _answer(command, order)


@router.get(
    "/{order_id}/revisions",
    dependencies=[READ],
    summary="List the states of an order before its amendments, newest first",
)
async def revision_list(order_id: UUID, tx: Tx, page: PageParams) -> Page[RevisionOut]:
    return await read_revisions(tx, order_id, page)


@router.get(
    "/{order_id}/cancellations",
    dependencies=[READ],
    summary="List the cancelled line quantities of an order, newest first",
)
async def cancellation_list(order_id: UUID, tx: Tx, page: PageParams) -> Page[CancellationOut]:
    return await read_cancellations(tx, order_id, page)


@router.post(
    "/{order_id}/shipments",
    status_code=201,
    dependencies=[WRITE, IDEMPOTENCY_KEY_REQUIRED],
    summary="Ship a part of an order, or all open quantities, and create the receivables",
)
async def order_ship(
    order_id: UUID, body: ShipmentIn, command: AddCommand, response: Response
) -> ShipmentOut:
    order, shipment = await ship_order(
        command,
        order_id,
        _quantities(body.lines),
        shipped_date=body.shipped_date,
        due_days=body.due_days,
    )
    response.headers["Location"] = f"/rms/v1/orders/{order_id}/shipments/{shipment.id}"
    return ShipmentOut.of(shipment, order.lines)


@router.get(
    "/{order_id}/shipments",
    dependencies=[READ],
    summary="List the shipments of an order, newest first",
)
async def shipment_list(order_id: UUID, tx: Tx, page: PageParams) -> Page[ShipmentOut]:
    return await read_shipments(tx, order_id, page)


@router.get("/{order_id}/shipments/{shipment_id}", dependencies=[READ], summary="Read a shipment")
async def shipment_get(order_id: UUID, shipment_id: UUID, tx: Tx) -> ShipmentOut:
    return await read_shipment(tx, order_id, shipment_id)


ROUTERS = (external_ids, access, router, audit)
