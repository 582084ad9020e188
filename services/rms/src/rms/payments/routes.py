from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from chassis.auth import allow
from chassis.clock import Now
from chassis.idempotency import KEY_REQUIRED
from chassis.pages import Page, PageParams
from chassis.preconditions import IfMatch
from chassis.routing import new_router
from chassis.transaction import Tx
from rms.payments import actions, store
from rms.payments.domain.allocations import Wanted
from rms.payments.domain.payment import PaymentStatus
from rms.payments.schemas import (
    AllocationOut,
    AllocationReversalIn,
    AllocationsIn,
    AllocationsOut,
    PaymentIn,
    PaymentOut,
    PaymentSummary,
    RefundIn,
    ReturnOut,
    ReversalIn,
)

router = new_router("/payments", tag="payments")
READ, WRITE = allow("rms.payment.read"), allow("rms.payment.write")


@router.post(
    "",
    status_code=201,
    dependencies=[WRITE, KEY_REQUIRED],
    summary="Record money that arrived; its bank reference is unique",
)
async def payment_create(body: PaymentIn, response: Response, tx: Tx, now: Now) -> PaymentSummary:
    payment = await actions.receive_payment(
        tx,
        account_id=body.account_id,
        bank_reference=body.bank_reference,
        amount=body.amount,
        received_date=body.received_date,
        now=now,
    )
    response.headers["Location"] = f"/rms/v1/payments/{payment.id}"
    return PaymentSummary.model_validate(payment)


@router.get("", dependencies=[READ], summary="List payments, newest first")
async def payment_list(
    tx: Tx,
    page: PageParams,
    account_id: Annotated[UUID | None, Query(description="From this account")] = None,
    status: Annotated[PaymentStatus | None, Query(description="In this status")] = None,
) -> Page[PaymentSummary]:
    return await store.read_page(tx, page, account_id=account_id, status=status)


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
    payment_id: UUID, body: AllocationsIn, response: Response, tx: Tx, now: Now
) -> AllocationsOut:
    if body.lines is None:
        allocated = await actions.allocate_oldest_first(
            tx, payment_id, at_most=body.amount, now=now
        )
    else:
        lines = [Wanted(line.receivable_id, line.amount) for line in body.lines]
        allocated = await actions.allocate_as_chosen(tx, payment_id, lines, now=now)
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
