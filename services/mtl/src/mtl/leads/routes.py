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
from mtl.leads import actions, store
from mtl.leads.schemas import (
    LeadConvertIn,
    LeadDisqualifyIn,
    LeadEdit,
    LeadIn,
    LeadMoveOut,
    LeadOut,
)
from mtl.leads.store import LEAD, LISTING

ACCOUNT_RESOURCE = "l2o.account"  # accounts belong to L2O, which knows who sees them
RESOURCE = Resource(
    record_type=LEAD,
    collection="/leads",
    listing=LISTING,
    body=LeadIn,
    edit_body=LeadEdit,
    answer=LeadOut,
    create=actions.capture_lead,
    edit=actions.edit_lead,
    delete=actions.delete_lead,
    restore=actions.restore_lead,
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
    return await fetch_page(
        tx, store.history_query(lead_id), page, shape=lambda row: LeadMoveOut(**row)
    )


@router.post("/{lead_id}/qualify", dependencies=WRITE, summary="Qualify a lead")
async def lead_qualify(
    lead_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> LeadOut:
    """Accept a new lead as one that sales will work on."""
    return LeadOut.model_validate(await actions.qualify_lead(command, lead_id))


@router.post("/{lead_id}/disqualify", dependencies=WRITE, summary="Disqualify a lead")
async def lead_disqualify(lead_id: UUID, body: LeadDisqualifyIn, command: ChangeCommand) -> LeadOut:
    """Close a lead with a reason; a new lead may have its phone and email, not its external id."""
    lead = await actions.disqualify_lead(command, lead_id, reason=body.reason)
    return LeadOut.model_validate(lead)


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
    operation = await actions.convert_lead(
        command,
        lead_id,
        account_id=conversion.account_id,
        opportunity_name=conversion.opportunity_name,
        sees_all=sees_everything(command.caller, ACCOUNT_RESOURCE),
    )
    return OperationResponse(request, operation)


ROUTERS = resource_routers(RESOURCE, router)
