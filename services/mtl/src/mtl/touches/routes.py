"""The HTTP API of touches."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from chassis.records.access.guards import may_read, may_write
from chassis.web.commands import CreateCommand
from chassis.web.pages import DESC, Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.ids import new_id
from mtl.leads.store import LEAD, LEADS
from mtl.touches import actions, store
from mtl.touches.domain import LeadTouch, TouchKind
from mtl.touches.schemas import LeadTouchIn, LeadTouchOut

router = new_router("/leads", tag="touches")
NEWEST_FIRST = [(store.lead_touches.c.at, DESC)]


@router.post(
    "/{lead_id}/touches",
    status_code=201,
    dependencies=[may_write(LEADS)],
    responses={200: {"model": LeadTouchOut, "description": "It was recorded before"}},
    summary="Record a touch of a lead",
)
async def lead_touch_create(
    lead_id: UUID, body: LeadTouchIn, command: CreateCommand, response: Response
) -> LeadTouchOut:
    """Record a contact of the lead's person with us; the version of the lead stays.

    A touch with an `external_id` that the lead has already answers `200` with the stored one, and
    409 `TOUCH_RECORDED_OTHERWISE` if it says anything else.
    """
    touch = LeadTouch(
        **{**dict(body), "at": body.at or command.now},
        id=new_id(),
        lead_id=lead_id,
        recorded_at=command.now,
        actor=command.actor,
    )
    stored, is_new = await actions.record_touch(command, touch, at_is_given=body.at is not None)
    if not is_new:
        response.status_code = 200
    return LeadTouchOut.model_validate(stored)


@router.get(
    "/{lead_id}/touches",
    dependencies=[may_read(LEADS)],
    summary="The touches of a lead, newest first",
)
async def lead_touches(
    lead_id: UUID,
    tx: Tx,
    page: PageParams,
    kind: Annotated[TouchKind | None, Query(description="Only those of this kind")] = None,
) -> Page[LeadTouchOut]:
    """List the contacts of the lead's person with us, those that happened last first."""
    await LEAD.get(tx, lead_id, with_deleted=True)
    return await fetch_page(
        tx,
        store.touches_query(lead_id, kind),
        page,
        sort=NEWEST_FIRST,
        shape=lambda row: LeadTouchOut(**row),
    )


ROUTERS = (router,)
