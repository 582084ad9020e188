"""The HTTP API of leads."""

from uuid import UUID

from fastapi import Request, Response

from chassis.records.access.visibility import sees_everything
from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand
from chassis.web.operations.responses import OPERATION_RESPONSES, OperationOut, OperationResponse
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from mtl.leads.actions import conversions, moves, records
from mtl.leads.schemas.leads import (
    LeadConvertIn,
    LeadEdit,
    LeadIn,
    LeadOut,
)
from mtl.leads.schemas.moves import (
    LeadDisqualifyIn,
    LeadMoveOut,
    LeadNurtureIn,
    LeadRefuseIn,
    LeadReopenIn,
    PossibleMovesOut,
)
from mtl.leads.store import LEAD, LISTING
from mtl.leads.store.history import history_query

ACCOUNT_RESOURCE = "l2o.account"  # accounts belong to L2O, which knows who sees them
RESOURCE = Resource(
    record_type=LEAD,
    collection="/leads",
    listing=LISTING,
    body=LeadIn,
    edit_body=LeadEdit,
    answer=LeadOut,
    create=records.capture_lead,
    edit=records.edit_lead,
    delete=records.delete_lead,
    restore=records.restore_lead,
    docs={
        "create": "Capture a lead\n\n"
        "The caller owns it unless the body names another owner. Answers 409 `LEAD_DUPLICATE` if a "
        "lead has the same external id, or one that is not disqualified has the same phone or "
        "email; with `lead_id` and `matched` if the caller sees that lead.",
        "list": "List leads, newest first\n\n`phone_tail` is the last four digits of the phone.",
        "edit": "Edit a lead\n\n"
        "Changes the fields that the body names; a converted lead cannot be edited. Answers 409 "
        "`LEAD_DUPLICATE` if another lead has the new phone, email or external id.",
        "delete": "Delete a lead\n\n"
        "Removes it from lists; a new lead may have its phone, email and external id.",
        "restore": "Restore a deleted lead\n\n"
        "Answers 409 `LEAD_DUPLICATE` if another lead has one of its keys by now.",
    },
)
READ, WRITE = [RESOURCE.read_guard], [RESOURCE.write_guard]
router = new_router("/leads", tag="leads")


@router.get("/{lead_id}/history", dependencies=READ, summary="The history of a lead, newest first")
async def lead_history(lead_id: UUID, tx: Tx, page: PageParams) -> Page[LeadMoveOut]:
    """List the changes of status of a lead, with actor and reason."""
    await LEAD.get(tx, lead_id, with_deleted=True)
    return await fetch_page(tx, history_query(lead_id), page, shape=lambda row: LeadMoveOut(**row))


@router.get("/{lead_id}/moves", dependencies=READ, summary="What can be done with a lead now")
async def lead_moves(lead_id: UUID, tx: Tx) -> PossibleMovesOut:
    """List the moves to another status, allowed or not, and why not."""
    lead = await LEAD.get(tx, lead_id, with_deleted=True)
    return PossibleMovesOut.of(lead.status)


@router.post("/{lead_id}/hand-over", dependencies=WRITE, summary="Hand a lead over to sales")
async def lead_hand_over(
    lead_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> LeadOut:
    """Mark a raw or sleeping lead as qualified by marketing: sales accept or refuse it."""
    return LeadOut.model_validate(await moves.hand_over_lead(command, lead_id))


@router.post("/{lead_id}/qualify", dependencies=WRITE, summary="Accept a lead for sales")
async def lead_qualify(
    lead_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> LeadOut:
    """Accept a raw lead, or one that marketing handed over, as one that sales will work on."""
    return LeadOut.model_validate(await moves.qualify_lead(command, lead_id))


@router.post("/{lead_id}/refuse", dependencies=WRITE, summary="Refuse a lead handed over")
async def lead_refuse(lead_id: UUID, body: LeadRefuseIn, command: ChangeCommand) -> LeadOut:
    """Give a lead that marketing handed over back to marketing, with a reason."""
    lead = await moves.refuse_lead(command, lead_id, reason=body.reason, note=body.note)
    return LeadOut.model_validate(lead)


@router.post("/{lead_id}/nurture", dependencies=WRITE, summary="Let a lead sleep until a day")
async def lead_nurture(lead_id: UUID, body: LeadNurtureIn, command: ChangeCommand) -> LeadOut:
    """Set an open lead aside until a day of the tenant's calendar, on which it is raw again."""
    lead = await moves.nurture_lead(command, lead_id, wakes_on=body.wakes_on, note=body.note)
    return LeadOut.model_validate(lead)


@router.post("/{lead_id}/disqualify", dependencies=WRITE, summary="Disqualify a lead")
async def lead_disqualify(lead_id: UUID, body: LeadDisqualifyIn, command: ChangeCommand) -> LeadOut:
    """Close a lead with a reason; a new lead may have its phones and mails, not its external id."""
    lead = await moves.disqualify_lead(command, lead_id, reason=body.reason, note=body.note)
    return LeadOut.model_validate(lead)


@router.post("/{lead_id}/reopen", dependencies=WRITE, summary="Open a lead again")
async def lead_reopen(
    lead_id: UUID, command: ChangeCommand, body: LeadReopenIn | None = None
) -> LeadOut:
    """Make an invalid or sleeping lead raw again.

    Answers 409 `LEAD_DUPLICATE` if another lead has one of its phones or mails by now.
    """
    note = None if body is None else body.note
    return LeadOut.model_validate(await moves.reopen_lead(command, lead_id, note=note))


@router.post(
    "/{lead_id}/convert",
    status_code=202,
    response_model=OperationOut,
    responses=OPERATION_RESPONSES,
    dependencies=WRITE,
    summary="Convert a lead into an account, a contact and an opportunity",
)
async def lead_convert(
    request: Request, lead_id: UUID, command: ChangeCommand, body: LeadConvertIn | None = None
) -> Response:
    """Convert a qualified lead; `200` if L2O creates the records within 800 ms, else `202`.

    The answer has the ids of the records in both cases. If L2O rejects the conversion, for example
    because the caller does not see the account, the lead is reopened. Converting a converted lead
    answers the same ids.
    """
    conversion = body or LeadConvertIn()
    assert command.caller is not None
    operation = await conversions.convert_lead(
        command,
        lead_id,
        account_id=conversion.account_id,
        opportunity_name=conversion.opportunity_name,
        sees_all=sees_everything(command.caller, ACCOUNT_RESOURCE),
    )
    return OperationResponse(request, operation)


ROUTERS = resource_routers(RESOURCE, router)
