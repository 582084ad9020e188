"""The HTTP API of leads."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read, may_write
from chassis.records.access.routes import access_router
from chassis.records.access.transfers import TransferRequest, active_owner_name, assign_on_create
from chassis.records.access.visibility import Visibility, sees_everything, visibility_of
from chassis.records.audit.routes import audit_router
from chassis.records.custom_fields.routes import custom_field_router
from chassis.records.external_ids.routes import ExternallyWrittenResource, external_id_router
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import ListPage
from chassis.records.record_commands import transfer_of
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import Command
from chassis.web.operations.responses import OPERATION_RESPONSES, OperationOut, OperationResponse
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from mtl.leads import actions, store
from mtl.leads.domain import Lead
from mtl.leads.schemas import (
    LeadConvertIn,
    LeadDisqualifyIn,
    LeadEdit,
    LeadIn,
    LeadMoveOut,
    LeadOut,
)

LEADS = store.LEADS
TRANSFER = transfer_of(store.LEAD)
ACCOUNT_RESOURCE = "l2o.account"  # accounts belong to L2O, which knows who sees them
READ, WRITE = [may_read(LEADS)], [may_write(LEADS)]

router = new_router("/leads", tag="leads")
access = access_router(LEADS, collection="leads", transfer=TRANSFER)
audit = audit_router("/leads", resource=LEADS.resource, table=LEADS.table, dependencies=READ)
custom_fields = custom_field_router("mtl", {LEADS.resource: store.leads})


async def _visibility(tx: AsyncConnection, caller: Principal, now: datetime) -> Visibility:
    """The leads that an error may identify to the caller."""
    return await visibility_of(tx, caller, LEADS.resource, now)


async def _create(tx: AsyncConnection, body: LeadIn, caller: Principal, now: datetime) -> Lead:
    """Create the lead as the caller's, then transfer it if the body names another owner.

    The transfer publishes an event and starts the history of owners.
    """
    details = body.details()
    if details.owner_id is not None:
        await active_owner_name(
            tx, details.owner_id
        )  # raises Invalid for an unknown or inactive person
    lead = await actions.capture_lead(
        tx,
        replace(details, owner_id=None),
        owner_id=caller.subject,
        visibility=await _visibility(tx, caller, now),
        now=now,
    )
    if details.owner_id is None:
        return lead
    command = Command(tx, now, caller, caller.subject)
    await assign_on_create(command, TransferRequest(LEADS, TRANSFER, details.owner_id), lead.id)
    return await store.get(tx, lead.id)


@router.post("", status_code=201, dependencies=[allow("mtl.lead.write")], summary="Capture a lead")
async def lead_create(
    body: LeadIn, response: Response, tx: Tx, now: Now, caller: Caller
) -> LeadOut:
    """Create a lead; the caller owns it unless the body names another owner.

    Answers 409 `LEAD_DUPLICATE` if a lead has the same external id, or one that is not disqualified
    has the same phone or email; with `lead_id` and `matched` if the caller sees that lead.
    """
    lead = await _create(tx, body, caller, now)
    response.headers["Location"] = f"/mtl/v1/leads/{lead.id}"
    return LeadOut.model_validate(lead)


@router.get("", summary="List leads, newest first")
async def lead_list(
    tx: Tx,
    page: PageParams,
    list_query: Annotated[ListQuery, store.LISTING.query],
    visibility: Annotated[Visibility, may_list(LEADS)],
) -> ListPage[LeadOut]:
    """List the leads that the caller sees. `phone_tail` is the last four digits of the phone."""
    return await store.LISTING.page(tx, page, list_query, visibility)


@router.get("/{lead_id}", dependencies=READ, summary="Read a lead")
async def lead_get(lead_id: UUID, tx: Tx) -> LeadOut:
    """Read a lead that the caller sees."""
    return LeadOut.model_validate(await store.get(tx, lead_id))


@router.get("/{lead_id}/history", dependencies=READ, summary="The history of a lead, newest first")
async def lead_history(lead_id: UUID, tx: Tx, page: PageParams) -> Page[LeadMoveOut]:
    """List the changes of status of a lead, with actor and reason."""
    await store.get(tx, lead_id)
    return await fetch_page(
        tx, store.history_query(lead_id), page, shape=lambda row: LeadMoveOut(**row)
    )


@router.patch("/{lead_id}", dependencies=WRITE, summary="Edit a lead")
async def lead_edit(
    lead_id: UUID, body: MergePatch[LeadEdit], tx: Tx, now: Now, caller: Caller, if_match: IfMatch
) -> LeadOut:
    """Change the fields that the body names; a converted lead cannot be edited.

    Answers 409 `LEAD_DUPLICATE` if another lead has the new phone, email or external id.
    """
    lead = await actions.edit_lead(
        tx,
        lead_id,
        body.applied,
        expected=if_match,
        visibility=await _visibility(tx, caller, now),
        now=now,
    )
    return LeadOut.model_validate(lead)


@router.delete("/{lead_id}", status_code=204, dependencies=WRITE, summary="Delete a lead")
async def lead_delete(lead_id: UUID, tx: Tx, now: Now, if_match: IfMatch) -> None:
    """Remove a lead from lists; a new lead may have its phone, email and external id."""
    await actions.delete_lead(tx, lead_id, expected=if_match, now=now)


@router.post("/{lead_id}/restore", dependencies=WRITE, summary="Restore a deleted lead")
async def lead_restore(
    lead_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    if_match: IfMatch,
    body: EmptyBody | None = None,
) -> LeadOut:
    """Restore a lead; 409 `LEAD_DUPLICATE` if another lead has one of its keys by now."""
    visibility = await _visibility(tx, caller, now)
    lead = await actions.restore_lead(
        tx, lead_id, expected=if_match, visibility=visibility, now=now
    )
    return LeadOut.model_validate(lead)


@router.post("/{lead_id}/qualify", dependencies=WRITE, summary="Qualify a lead")
async def lead_qualify(
    lead_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    if_match: IfMatch,
    body: EmptyBody | None = None,
) -> LeadOut:
    """Accept a new lead as one that sales will work on."""
    lead = await actions.qualify_lead(tx, lead_id, expected=if_match, actor=caller.subject, now=now)
    return LeadOut.model_validate(lead)


@router.post("/{lead_id}/disqualify", dependencies=WRITE, summary="Disqualify a lead")
async def lead_disqualify(
    lead_id: UUID, body: LeadDisqualifyIn, tx: Tx, now: Now, caller: Caller, if_match: IfMatch
) -> LeadOut:
    """Close a lead with a reason; a new lead may have its phone and email, not its external id."""
    lead = await actions.disqualify_lead(
        tx, lead_id, reason=body.reason, expected=if_match, actor=caller.subject, now=now
    )
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
    request: Request,
    lead_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    if_match: IfMatch,
    body: LeadConvertIn | None = None,
) -> Response:
    """Convert a qualified lead; `200` if L2O creates the records within 800 ms, else `202`.

    The answer has the ids of the records in both cases. If L2O rejects the conversion, for example
    because the caller does not see the account, the lead is reopened. Converting a converted lead
    answers the same ids.
    """
    conversion = body or LeadConvertIn()
    operation = await actions.convert_lead(
        tx,
        lead_id,
        account_id=conversion.account_id,
        opportunity_name=conversion.opportunity_name,
        expected=if_match,
        actor=caller.subject,
        sees_all=sees_everything(caller, ACCOUNT_RESOURCE),
        now=now,
    )
    return OperationResponse(request, operation)


async def _replace(
    tx: AsyncConnection, lead_id: UUID, body: LeadIn, caller: Principal, now: datetime
) -> Lead:
    """Replace every editable field; the owner stays."""
    visibility = await _visibility(tx, caller, now)
    return await actions.edit_lead(tx, lead_id, body.apply_to, visibility=visibility, now=now)


async def _restore(tx: AsyncConnection, lead_id: UUID, caller: Principal, now: datetime) -> Lead:
    """Restore the lead before it is replaced."""
    visibility = await _visibility(tx, caller, now)
    return await actions.restore_lead(tx, lead_id, visibility=visibility, now=now)


by_external_id = external_id_router(
    ExternallyWrittenResource(
        scoped=LEADS,
        collection="/leads",
        body=LeadIn,
        answer=LeadOut,
        create=_create,
        update=_replace,
        restore=_restore,
        get=store.get,
    )
)
ROUTERS = (by_external_id, access, router, audit, custom_fields)
