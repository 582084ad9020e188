"""Payments over HTTP."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
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
from chassis.records.lists.listing import Listed
from chassis.web.auth import Caller, Principal, allow
from chassis.web.idempotency import KEY_REQUIRED
from chassis.web.pages import Page, PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from rms.payments import actions, store
from rms.payments.domain.allocations import Wanted
from rms.payments.domain.payment import Payment
from rms.payments.schemas import (
    AllocationOut,
    AllocationReversalIn,
    AllocationsIn,
    AllocationsOut,
    PaymentEdit,
    PaymentIn,
    PaymentOut,
    PaymentSummary,
    RefundIn,
    ReturnOut,
    ReversalIn,
)
from rms.receivables.store import RECEIVABLES

PAYMENTS = store.PAYMENTS
READ, WRITE = may_read(PAYMENTS), may_write(PAYMENTS)
POSTED = ("account_id", "amount", "received_date", "bank_reference", "note", "custom_fields")

router = new_router("/payments", tag="payments")
access = access_router(PAYMENTS, collection="payments", transfer=actions.transfer_payment)
audit = audit_router(
    "/payments", resource=PAYMENTS.resource, table=PAYMENTS.table, dependencies=[READ]
)


async def _receive(
    tx: AsyncConnection, body: PaymentIn, caller: Principal, now: datetime
) -> Payment:
    return await actions.receive_payment(
        tx,
        account_id=body.account_id,
        bank_reference=body.bank_reference,
        amount=body.amount,
        received_date=body.received_date,
        details=actions.Details(
            owner_id=body.owner_id, note=body.note, custom_fields=body.custom_fields
        ),
        caller=caller.subject,
        visibility=await visibility_of(tx, caller, PAYMENTS.resource, now),
        now=now,
    )


async def _replace(
    tx: AsyncConnection, payment_id: UUID, body: PaymentIn, _: Principal, now: datetime
) -> Payment:
    values = {name: getattr(body, name) for name in POSTED}
    return await actions.edit_payment(
        tx, payment_id, lambda payment: replace(payment, **values), now=now
    )


by_external_id = external_id_router(
    ExternallyWrittenResource(
        scoped=PAYMENTS,
        collection="/payments",
        body=PaymentIn,
        answer=PaymentSummary,
        create=_receive,
        update=_replace,
        get=store.get,
    )
)


@router.post(
    "",
    status_code=201,
    dependencies=[allow("rms.payment.write"), KEY_REQUIRED],
    summary="Record money that arrived; its bank reference is unique",
)
async def payment_create(
    body: PaymentIn, response: Response, tx: Tx, now: Now, caller: Caller
) -> PaymentSummary:
    """For an account that the caller sees, or that has an order they see."""
    payment = await _receive(tx, body, caller, now)
    response.headers["Location"] = f"/rms/v1/payments/{payment.id}"
    return PaymentSummary.model_validate(payment)


@router.get("", summary="List payments, newest first")
async def payment_list(
    tx: Tx,
    page: PageParams,
    asked: Annotated[ListQuery, store.LISTING.query],
    visibility: Annotated[Visibility, may_list(PAYMENTS)],
) -> Listed[PaymentSummary]:
    """Those the caller sees."""
    return await store.LISTING.page(tx, page, asked, visibility)


@router.patch("/{payment_id}", dependencies=[WRITE], summary="Change what is noted of a payment")
async def payment_edit(
    payment_id: UUID, body: MergePatch[PaymentEdit], tx: Tx, now: Now, expected: IfMatch
) -> PaymentOut:
    """Not of one that bounced."""
    await actions.edit_payment(tx, payment_id, body.applied, expected=expected, now=now)
    return await store.read(tx, payment_id)


@router.get("/{payment_id}", dependencies=[READ], summary="Read a payment with its allocations")
async def payment_get(payment_id: UUID, tx: Tx) -> PaymentOut:
    return await store.read(tx, payment_id)


@router.get(
    "/{payment_id}/allocations",
    dependencies=[READ],
    summary="List the allocations of a payment, newest first",
)
async def allocation_list(payment_id: UUID, tx: Tx, page: PageParams) -> Page[AllocationOut]:
    return await store.read_allocations(tx, payment_id, page)


@router.post(
    "/{payment_id}/allocations",
    status_code=201,
    dependencies=[WRITE, KEY_REQUIRED],
    summary="Set a payment against receivables: chosen ones, or the oldest first (write-off)",
)
async def payment_allocate(
    payment_id: UUID, body: AllocationsIn, response: Response, tx: Tx, now: Now, caller: Caller
) -> AllocationsOut:
    """Of receivables the caller may change: another that is chosen is refused, unknown if not seen,
    and `OLDEST_FIRST` passes over it.
    """
    visibility = await visibility_of(tx, caller, RECEIVABLES.resource, now)
    if body.lines is None:
        allocated = await actions.allocate_oldest_first(
            tx, payment_id, at_most=body.amount, visibility=visibility, now=now
        )
    else:
        lines = [Wanted(line.receivable_id, line.amount) for line in body.lines]
        allocated = await actions.allocate_as_chosen(
            tx, payment_id, lines, visibility=visibility, now=now
        )
    response.headers["Location"] = f"/rms/v1/payments/{payment_id}"
    return AllocationsOut.model_validate(allocated)


@router.post(
    "/{payment_id}/allocations/{allocation_id}/reverse",
    dependencies=[WRITE, KEY_REQUIRED],
    summary="Undo an allocation by one of its negative amount; an undone one is answered as it was",
)
async def allocation_reverse(
    payment_id: UUID,
    allocation_id: UUID,
    body: AllocationReversalIn,
    tx: Tx,
    now: Now,
    expected: IfMatch,
) -> AllocationsOut:
    undone = await actions.reverse_allocation(
        tx, payment_id, allocation_id, reason=body.reason, expected=expected, now=now
    )
    return AllocationsOut.model_validate(undone)


@router.post(
    "/{payment_id}/reverse",
    dependencies=[WRITE, KEY_REQUIRED],
    summary="The payment bounced: undo its allocations; a bounced one is answered as it is",
)
async def payment_reverse(
    payment_id: UUID, body: ReversalIn, tx: Tx, now: Now, expected: IfMatch
) -> PaymentOut:
    await actions.reverse_payment(
        tx,
        payment_id,
        reason=body.reason,
        returned_date=body.returned_date,
        expected=expected,
        now=now,
    )
    return await store.read(tx, payment_id)


@router.post(
    "/{payment_id}/refunds",
    status_code=201,
    dependencies=[WRITE, KEY_REQUIRED],
    summary="Give back a part of a payment that is not allocated",
)
async def payment_refund(
    payment_id: UUID, body: RefundIn, response: Response, tx: Tx, now: Now
) -> ReturnOut:
    refund = await actions.refund_payment(
        tx,
        payment_id,
        body.amount,
        reason=body.reason,
        returned_date=body.returned_date,
        bank_reference=body.bank_reference,
        now=now,
    )
    response.headers["Location"] = f"/rms/v1/payments/{payment_id}"
    return ReturnOut.model_validate(refund)


# Who sees a receivable sees which payments settled it.
settled = new_router("/receivables", tag="receivables")


@settled.get(
    "/{receivable_id}/allocations",
    dependencies=[may_read(RECEIVABLES)],
    summary="List what payments set against a receivable, newest first",
)
async def receivable_allocation_list(
    receivable_id: UUID, tx: Tx, page: PageParams
) -> Page[AllocationOut]:
    return await store.read_allocations_to(tx, receivable_id, page)


ROUTERS = (by_external_id, access, router, audit, settled)
