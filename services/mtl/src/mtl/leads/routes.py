"""Leads over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from chassis.auth import Caller, allow
from chassis.bodies import MoveIn
from chassis.clock import Now
from chassis.operations.answers import OPERATION_ANSWERS, OperationOut, WaitingResponse
from chassis.pages import Page, PageParams, fetch_page
from chassis.routing import new_router
from chassis.transaction import Tx
from mtl.leads import actions, store
from mtl.leads.domain import LeadStatus
from mtl.leads.schemas import LeadConvertIn, LeadDisqualifyIn, LeadIn, LeadMoveOut, LeadOut

router = new_router("/leads", tag="leads")

READ, WRITE = [allow("mtl.lead.read")], [allow("mtl.lead.write")]


@router.post("", status_code=201, dependencies=WRITE, summary="Capture a lead")
async def lead_create(
    body: LeadIn, response: Response, tx: Tx, now: Now, caller: Caller
) -> LeadOut:
    """The caller becomes its owner.

    A lead with the same external id, or one not disqualified with the same phone or mail, refuses
    it: 409 `LEAD_DUPLICATE`, with its `lead_id` and what `matched`.
    """
    lead = await actions.capture_lead(tx, body.details(), owner_id=caller.subject, now=now)
    response.headers["Location"] = f"/mtl/v1/leads/{lead.id}"
    return LeadOut.model_validate(lead)


@router.get("", dependencies=READ, summary="List leads, newest first")
async def lead_list(
    tx: Tx,
    page: PageParams,
    status: Annotated[LeadStatus | None, Query()] = None,
    owner_id: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[LeadOut]:
    query = store.listed(status=status, owner_id=owner_id)
    return await fetch_page(tx, query, page, shape=lambda row: LeadOut(**row))


@router.get("/{lead_id}", dependencies=READ, summary="Read a lead")
async def lead_get(lead_id: UUID, tx: Tx) -> LeadOut:
    return LeadOut.model_validate(await store.get(tx, lead_id))


@router.get("/{lead_id}/history", dependencies=READ, summary="The moves of a lead, newest first")
async def lead_history(lead_id: UUID, tx: Tx, page: PageParams) -> Page[LeadMoveOut]:
    await store.get(tx, lead_id)
    return await fetch_page(
        tx, store.history_of(lead_id), page, shape=lambda row: LeadMoveOut(**row)
    )


@router.post("/{lead_id}/qualify", dependencies=WRITE, summary="Accept it as worth working on")
async def lead_qualify(
    lead_id: UUID, tx: Tx, now: Now, caller: Caller, body: MoveIn | None = None
) -> LeadOut:
    lead = await actions.qualify_lead(tx, lead_id, actor=caller.subject, now=now)
    return LeadOut.model_validate(lead)


@router.post("/{lead_id}/disqualify", dependencies=WRITE, summary="Put it aside, with the reason")
async def lead_disqualify(
    lead_id: UUID, body: LeadDisqualifyIn, tx: Tx, now: Now, caller: Caller
) -> LeadOut:
    """Its phone, mail and external id are free for a new lead from then on."""
    lead = await actions.disqualify_lead(
        tx, lead_id, reason=body.reason, actor=caller.subject, now=now
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
    body: LeadConvertIn | None = None,
) -> Response:
    """The three ids are known at once; `200` when L2O has made them within 800 ms, else `202`.

    A refusal by L2O (an unknown account, say) opens the lead again. Converting a converted lead
    answers the same ids.
    """
    wish = body or LeadConvertIn()
    operation = await actions.convert_lead(
        tx,
        lead_id,
        account_id=wish.account_id,
        opportunity_name=wish.opportunity_name,
        actor=caller.subject,
        now=now,
    )
    return WaitingResponse(request, operation)
