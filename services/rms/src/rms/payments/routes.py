"""Payments over HTTP."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response

from chassis.records.access.guards import may_read, may_write
from chassis.records.access.routes import access_router
from chassis.records.audit.routes import audit_router
from chassis.records.document_transfers import transfer_of
from chassis.records.external_ids.puts import ExternallyWrittenResource
from chassis.records.external_ids.routes import external_id_router
from chassis.records.lists.expansion import Expansion, expansion_of
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import allow
from chassis.web.commands import AddCommand, ChangeCommand, Command, CreateCommand
from chassis.web.idempotency import IDEMPOTENCY_KEY_REQUIRED
from chassis.web.pages import Page, PageParams
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from rms.payments.actions.allocations import (
    allocate_as_requested,
    allocate_oldest_first,
    reverse_allocation,
)
from rms.payments.actions.edits import edit_payment
from rms.payments.actions.receipts import PaymentDetails, receive_payment
from rms.payments.actions.returns import refund_payment, reverse_payment
from rms.payments.domain.allocations import RequestedAllocation
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
from rms.payments.store.reads import PAYMENT_LISTING, read_payment, read_payment_allocations
from rms.payments.store.tables import PAYMENTS
from rms.payments.store.writes import PAYMENT
from rms.payments.views import read_receivable_allocations
from rms.receivables.store import RECEIVABLES

READ, WRITE = may_read(PAYMENTS), may_write(PAYMENTS)
POSTED_FIELDS = ("account_id", "amount", "received_date", "bank_reference", "note", "custom_fields")

router = new_router("/payments", tag="payments")
access = access_router(PAYMENTS, collection="payments", transfer=transfer_of(PAYMENT))
audit = audit_router(
    "/payments", resource=PAYMENTS.resource, table=PAYMENTS.table, dependencies=[READ]
)


async def _receive(command: Command, body: PaymentIn) -> Payment:
    return await receive_payment(
        command,
        account_id=body.account_id,
        bank_reference=body.bank_reference,
        amount=body.amount,
        received_date=body.received_date,
        details=PaymentDetails(
            owner_id=body.owner_id, note=body.note, custom_fields=body.custom_fields
        ),
    )


async def _update(command: Command, payment_id: UUID, body: PaymentIn) -> Payment:
    values = {name: getattr(body, name) for name in POSTED_FIELDS}
    return await edit_payment(command, payment_id, lambda payment: replace(payment, **values))


external_ids = external_id_router(
    ExternallyWrittenResource(
        scoped=PAYMENTS,
        collection="/payments",
        body=PaymentIn,
        answer=PaymentSummary,
        create=_receive,
        update=_update,
        get=PAYMENT.get,
    )
)


@router.post(
    "",
    status_code=201,
    dependencies=[allow("rms.payment.write"), IDEMPOTENCY_KEY_REQUIRED],
    summary="Record a payment; its bank reference is unique",
)
async def payment_create(
    body: PaymentIn, command: CreateCommand, response: Response
) -> PaymentSummary:
    """The caller must see the account or an order of it."""
    payment = await _receive(command, body)
    response.headers["Location"] = f"/rms/v1/payments/{payment.id}"
    return PaymentSummary.model_validate(payment)


add_list_routes(router, PAYMENT_LISTING)


@router.patch(
    "/{payment_id}", dependencies=[WRITE], summary="Change note and custom fields of a payment"
)
async def payment_edit(
    payment_id: UUID, body: MergePatch[PaymentEdit], command: ChangeCommand
) -> PaymentOut:
    """Reversed payments cannot be edited."""
    await edit_payment(command, payment_id, body.applied)
    return await read_payment(command.tx, payment_id)


@router.get("/{payment_id}", dependencies=[READ], summary="Read a payment with its allocations")
async def payment_get(
    payment_id: UUID, tx: Tx, expansion: Annotated[Expansion, expansion_of(PaymentOut)]
) -> PaymentOut:
    return await expansion.expanded(tx, await read_payment(tx, payment_id))


@router.get(
    "/{payment_id}/allocations",
    dependencies=[READ],
    summary="List the allocations of a payment, newest first",
)
async def allocation_list(payment_id: UUID, tx: Tx, page: PageParams) -> Page[AllocationOut]:
    return await read_payment_allocations(tx, payment_id, page)


@router.post(
    "/{payment_id}/allocations",
    status_code=201,
    dependencies=[WRITE, IDEMPOTENCY_KEY_REQUIRED],
    summary="Allocate a payment to receivables: requested ones, or the earliest due first",
)
async def payment_allocate(
    payment_id: UUID, body: AllocationsIn, command: AddCommand, response: Response
) -> AllocationsOut:
    """The caller must be allowed to change the receivables.

    A requested receivable is refused as read-only, or as unknown if the caller does not see it;
    `OLDEST_FIRST` skips it.
    """
    if body.lines is None:
        result = await allocate_oldest_first(command, payment_id, at_most=body.amount)
    else:
        requested = [RequestedAllocation(line.receivable_id, line.amount) for line in body.lines]
        result = await allocate_as_requested(command, payment_id, requested)
    response.headers["Location"] = f"/rms/v1/payments/{payment_id}"
    return AllocationsOut.model_validate(result)


@router.post(
    "/{payment_id}/allocations/{allocation_id}/reverse",
    dependencies=[WRITE, IDEMPOTENCY_KEY_REQUIRED],
    summary="Reverse an allocation; no effect on a reversed one",
)
async def allocation_reverse(
    payment_id: UUID, allocation_id: UUID, body: AllocationReversalIn, command: ChangeCommand
) -> AllocationsOut:
    result = await reverse_allocation(command, payment_id, allocation_id, reason=body.reason)
    return AllocationsOut.model_validate(result)


@router.post(
    "/{payment_id}/reverse",
    dependencies=[WRITE, IDEMPOTENCY_KEY_REQUIRED],
    summary="Reverse a payment that bounced, and its allocations; no effect on a reversed one",
)
async def payment_reverse(payment_id: UUID, body: ReversalIn, command: ChangeCommand) -> PaymentOut:
    await reverse_payment(command, payment_id, reason=body.reason, returned_date=body.returned_date)
    return await read_payment(command.tx, payment_id)


@router.post(
    "/{payment_id}/refunds",
    status_code=201,
    dependencies=[WRITE, IDEMPOTENCY_KEY_REQUIRED],
    summary="Refund a part of a payment that is not allocated",
)
async def payment_refund(
    payment_id: UUID, body: RefundIn, command: AddCommand, response: Response
) -> ReturnOut:
    refund = await refund_payment(
        command,
        payment_id,
        body.amount,
        reason=body.reason,
        returned_date=body.returned_date,
        bank_reference=body.bank_reference,
    )
    response.headers["Location"] = f"/rms/v1/payments/{payment_id}"
    return ReturnOut.model_validate(refund)


# Whoever sees a receivable sees the allocations that settled it.
receivable_router = new_router("/receivables", tag="receivables")


@receivable_router.get(
    "/{receivable_id}/allocations",
    dependencies=[may_read(RECEIVABLES)],
    summary="List the allocations to a receivable, newest first",
)
async def receivable_allocation_list(
    receivable_id: UUID, tx: Tx, page: PageParams
) -> Page[AllocationOut]:
    return await read_receivable_allocations(tx, receivable_id, page)


ROUTERS = (external_ids, access, router, audit, receivable_router)
