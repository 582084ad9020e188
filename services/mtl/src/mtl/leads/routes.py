"""Leads over HTTP."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read, may_write
from chassis.records.access.routes import access_router
from chassis.records.access.transfers import TransferRequest, assign_on_create, owner_name
from chassis.records.access.visibility import Visibility, sees_everything, visibility_of
from chassis.records.audit.routes import audit_router
from chassis.records.custom_fields.routes import custom_field_router
from chassis.records.external_ids.routes import ExternallyWrittenResource, external_id_router
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listed
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import MoveIn
from chassis.web.operations.answers import OPERATION_ANSWERS, OperationOut, WaitingResponse
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
ACCOUNTS = "l2o.account"  # which accounts the caller sees, L2O knows
READ, WRITE = [may_read(LEADS)], [may_write(LEADS)]

router = new_router("/leads", tag="leads")
access = access_router(LEADS, collection="leads", transfer=actions.transfer_lead)
audit = audit_router("/leads", resource=LEADS.resource, table=LEADS.table, dependencies=READ)
custom_fields = custom_field_router("mtl", {LEADS.resource: store.leads})


async def _seen(tx: AsyncConnection, caller: Principal, now: datetime) -> Visibility:
    """Which leads a refusal may name."""
    return await visibility_of(tx, caller, LEADS.resource, now)


async def _create(tx: AsyncConnection, body: LeadIn, caller: Principal, now: datetime) -> Lead:
    details = body.details()
    if details.owner_id is not None:
        await owner_name(tx, details.owner_id)
    lead = await actions.capture_lead(
        tx,
        replace(details, owner_id=None),
        owner_id=caller.subject,
        visibility=await _seen(tx, caller, now),
        now=now,
    )
    if details.owner_id is None:
        return lead
    to = TransferRequest(LEADS, actions.transfer_lead, caller, details.owner_id, None, now)
    await assign_on_create(tx, to, lead.id)
    return await store.get(tx, lead.id)


@router.post("", status_code=201, dependencies=[allow("mtl.lead.write")], summary="Capture a lead")
async def lead_create(
    body: LeadIn, response: Response, tx: Tx, now: Now, caller: Caller
) -> LeadOut:
    """The caller becomes its owner, unless it names another.

    A lead with the same external id, or one not disqualified with the same phone or mail, refuses
    it: 409 `LEAD_DUPLICATE`, with its `lead_id` and what `matched` if the caller sees that one.
    """
    lead = await _create(tx, body, caller, now)
    response.headers["Location"] = f"/mtl/v1/leads/{lead.id}"
    return LeadOut.model_validate(lead)


@router.get("", summary="List leads, newest first")
async def lead_list(
    tx: Tx,
    page: PageParams,
    asked: Annotated[ListQuery, store.LISTING.query],
    visibility: Annotated[Visibility, may_list(LEADS)],
) -> Listed[LeadOut]:
    """Those the caller sees. `phone_tail` is the last four digits of the phone."""
    return await store.LISTING.page(tx, page, asked, visibility)


@router.get("/{lead_id}", dependencies=READ, summary="Read a lead")
async def lead_get(lead_id: UUID, tx: Tx) -> LeadOut:
    return LeadOut.model_validate(await store.get(tx, lead_id))


@router.get("/{lead_id}/history", dependencies=READ, summary="The moves of a lead, newest first")
async def lead_history(lead_id: UUID, tx: Tx, page: PageParams) -> Page[LeadMoveOut]:
    await store.get(tx, lead_id)
    return await fetch_page(
        tx, store.history_of(lead_id), page, shape=lambda row: LeadMoveOut(**row)
    )


@router.patch("/{lead_id}", dependencies=WRITE, summary="Change what the body names")
async def lead_edit(
    lead_id: UUID, body: MergePatch[LeadEdit], tx: Tx, now: Now, caller: Caller, if_match: IfMatch
) -> LeadOut:
    """Not of a converted lead. What another lead is known by is refused: 409 `LEAD_DUPLICATE`."""
    lead = await actions.edit_lead(
        tx,
        lead_id,
        body.applied,
        expected=if_match,
        visibility=await _seen(tx, caller, now),
        now=now,
    )
    return LeadOut.model_validate(lead)


@router.delete("/{lead_id}", status_code=204, dependencies=WRITE, summary="Delete a lead")
async def lead_delete(lead_id: UUID, tx: Tx, now: Now, if_match: IfMatch) -> None:
    """It leaves every list; phone, mail and external id are free for a new lead."""
    await actions.delete_lead(tx, lead_id, expected=if_match, now=now)


@router.post("/{lead_id}/restore", dependencies=WRITE, summary="Bring a deleted lead back")
async def lead_restore(
    lead_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    if_match: IfMatch,
    body: MoveIn | None = None,
) -> LeadOut:
    """Unless another lead has its phone, mail or external id by now: 409 `LEAD_DUPLICATE`."""
    visibility = await _seen(tx, caller, now)
    lead = await actions.restore_lead(
        tx, lead_id, expected=if_match, visibility=visibility, now=now
    )
    return LeadOut.model_validate(lead)


@router.post("/{lead_id}/qualify", dependencies=WRITE, summary="Accept it as worth working on")
async def lead_qualify(
    lead_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    if_match: IfMatch,
    body: MoveIn | None = None,
) -> LeadOut:
    lead = await actions.qualify_lead(tx, lead_id, expected=if_match, actor=caller.subject, now=now)
    return LeadOut.model_validate(lead)


@router.post("/{lead_id}/disqualify", dependencies=WRITE, summary="Put it aside, with the reason")
async def lead_disqualify(
    lead_id: UUID, body: LeadDisqualifyIn, tx: Tx, now: Now, caller: Caller, if_match: IfMatch
) -> LeadOut:
    """Its phone and mail are free for a new lead from then on; its external id is not."""
    lead = await actions.disqualify_lead(
        tx, lead_id, reason=body.reason, expected=if_match, actor=caller.subject, now=now
    )
    return LeadOut.model_validate(lead)


@router.post(
    "/{lead_id}/convert",
    status_code=202,
    response_model=OperationOut,
    responses=OPERATION_ANSWERS,
    dependencies=WRITE,
    summary="Make an account, a contact and an opportunity of it",
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
    """The three ids are known at once; `200` when L2O has made them within 800 ms, else `202`.

    A refusal by L2O (of an account that is not there, or not for the caller's eyes, say) opens the
    lead again. Converting a converted lead answers the same ids.
    """
    wish = body or LeadConvertIn()
    operation = await actions.convert_lead(
        tx,
        lead_id,
        account_id=wish.account_id,
        opportunity_name=wish.opportunity_name,
        expected=if_match,
        actor=caller.subject,
        sees_all=sees_everything(caller, ACCOUNTS),
        now=now,
    )
    return WaitingResponse(request, operation)


async def _replace(
    tx: AsyncConnection, lead_id: UUID, body: LeadIn, caller: Principal, now: datetime
) -> Lead:
    visibility = await _seen(tx, caller, now)
    return await actions.edit_lead(tx, lead_id, body.edited, visibility=visibility, now=now)


async def _restore(tx: AsyncConnection, lead_id: UUID, caller: Principal, now: datetime) -> Lead:
    visibility = await _seen(tx, caller, now)
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
