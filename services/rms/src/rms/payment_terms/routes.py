"""Payment terms over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Response

from chassis.foundation.clock import Now
from chassis.records.audit.routes import audit_router
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import ListPage
from chassis.web.auth import allow
from chassis.web.bodies import EmptyBody
from chassis.web.pages import PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from rms.payment_terms import actions, store
from rms.payment_terms.domain import Instalment
from rms.payment_terms.schemas import PaymentTermEdit, PaymentTermIn, PaymentTermOut

router = new_router("/payment-terms", tag="payment_terms")
READ, WRITE = allow("rms.payment_term.read"), allow("rms.payment_term.write")
audit = audit_router(
    "/payment-terms", resource="rms.payment_term", table=store.payment_terms, dependencies=[READ]
)


@router.post("", status_code=201, dependencies=[WRITE], summary="Create a payment term")
async def payment_term_create(
    body: PaymentTermIn, response: Response, tx: Tx, now: Now
) -> PaymentTermOut:
    instalments = [
        Instalment(share=one.share, basis=one.basis, days=one.days) for one in body.instalments
    ]
    term = await actions.create_payment_term(
        tx,
        code=body.code,
        name=body.name,
        instalments=instalments,
        is_default=body.is_default,
        now=now,
    )
    response.headers["Location"] = f"/rms/v1/payment-terms/{term.id}"
    return PaymentTermOut.model_validate(term)


@router.get("", dependencies=[READ], summary="List payment terms, newest first")
async def payment_term_list(
    tx: Tx, page: PageParams, query: Annotated[ListQuery, store.PAYMENT_TERM_LISTING.query]
) -> ListPage[PaymentTermOut]:
    return await store.PAYMENT_TERM_LISTING.page(tx, page, query)


@router.patch("/{payment_term_id}", dependencies=[WRITE], summary="Rename a payment term")
async def payment_term_edit(
    payment_term_id: UUID, body: MergePatch[PaymentTermEdit], tx: Tx, now: Now, expected: IfMatch
) -> PaymentTermOut:
    """Inactive terms cannot be renamed. Shares and days never change: create another term."""
    term = await actions.edit_payment_term(
        tx, payment_term_id, body.applied, expected=expected, now=now
    )
    return PaymentTermOut.model_validate(term)


@router.get("/{payment_term_id}", dependencies=[READ], summary="Read a payment term")
async def payment_term_get(payment_term_id: UUID, tx: Tx) -> PaymentTermOut:
    return await store.read_payment_term(tx, payment_term_id)


@router.post(
    "/{payment_term_id}/make-default",
    dependencies=[WRITE],
    summary="Make it the default of new orders; no effect on the default",
)
async def payment_term_make_default(
    payment_term_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: EmptyBody | None = None
) -> PaymentTermOut:
    await actions.make_default_payment_term(tx, payment_term_id, expected=expected, now=now)
    return await store.read_payment_term(tx, payment_term_id)


@router.post(
    "/{payment_term_id}/deactivate",
    dependencies=[WRITE],
    summary="Withdraw it from new orders; no effect on an inactive term",
)
async def payment_term_deactivate(
    payment_term_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: EmptyBody | None = None
) -> PaymentTermOut:
    await actions.deactivate_payment_term(tx, payment_term_id, expected=expected, now=now)
    return await store.read_payment_term(tx, payment_term_id)


ROUTERS = (router, audit)
