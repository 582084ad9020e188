"""Payment terms over HTTP."""

from uuid import UUID

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand
from chassis.web.routing import new_router
from rms.payment_terms import actions
from rms.payment_terms.schemas import PaymentTermEdit, PaymentTermIn, PaymentTermOut
from rms.payment_terms.store import PAYMENT_TERM, PAYMENT_TERM_LISTING

RESOURCE = Resource(
    record_type=PAYMENT_TERM,
    collection="/payment-terms",
    listing=PAYMENT_TERM_LISTING,
    body=PaymentTermIn,
    edit_body=PaymentTermEdit,
    answer=PaymentTermOut,
    create=actions.create_payment_term,
    edit=actions.edit_payment_term,
    delete=actions.delete_payment_term,
    matched_by=(("code",),),
    docs={
        "edit": "Rename a payment term\n\n"
        "Inactive terms cannot be renamed. Shares and days never change: create another term.",
        "delete": "Delete a payment term that no order has; it can be restored",
    },
)
WRITE = [RESOURCE.write_guard]
router = new_router("/payment-terms", tag="payment-terms")


@router.post(
    "/{payment_term_id}/make-default",
    dependencies=WRITE,
    summary="Make it the default of new orders; no effect on the default",
)
async def payment_term_make_default(
    payment_term_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> PaymentTermOut:
    term = await actions.make_default_payment_term(command, payment_term_id)
    return PaymentTermOut.model_validate(term)


@router.post(
    "/{payment_term_id}/deactivate",
    dependencies=WRITE,
    summary="Withdraw it from new orders; no effect on an inactive term",
)
async def payment_term_deactivate(
    payment_term_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> PaymentTermOut:
    term = await actions.deactivate_payment_term(command, payment_term_id)
    return PaymentTermOut.model_validate(term)


ROUTERS = resource_routers(RESOURCE, router)
