"""The HTTP API of leads."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand, Command
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import Invalid, Violation
from mtl.leads.actions import moves, records
from mtl.leads.domain.lead import Lead
from mtl.leads.schemas.captures import LeadCaptureIn
from mtl.leads.schemas.leads import LeadEdit, LeadOut
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
from mtl.pools.store import is_active_pool


class LeadResource(Resource[LeadCaptureIn, Lead]):
    """Leads, which also begin in a pool, or without an owner until the rules find one."""

    async def create_from(self, command: Command, body: LeadCaptureIn) -> Lead:
        """Create a lead where the body says.

        Raises Invalid (POOL_UNKNOWN, OWNER_UNKNOWN, OWNER_INACTIVE) and what the capture raises.
        """
        if body.owner_id not in (None, command.actor):
            create: Any = partial(records.capture_lead, passes_on=True)
            return await Resource.create_from(replace(self, create=create), command, body)
        if body.pool_id is None and not body.assign:
            return await super().create_from(command, body)
        lead = self.new_record(command, body)
        if body.pool_id is None:
            return await records.capture_lead(command, lead.waiting())
        if not await is_active_pool(command.tx, body.pool_id):
            raise Invalid([Violation("/pool_id", "POOL_UNKNOWN")])
        return await records.capture_lead(command, lead.in_pool(body.pool_id))

    def values_of(self, body: LeadCaptureIn) -> dict[str, Any]:
        """Return the values of a whole body; neither owner nor pool of a stored lead change."""
        values = super().values_of(body)
        del values["pool_id"]
        return values


RESOURCE = LeadResource(
    record_type=LEAD,
    collection="/leads",
    listing=LISTING,
    body=LeadCaptureIn,
    edit_body=LeadEdit,
    answer=LeadOut,
    create=records.capture_lead,
    edit=records.edit_lead,
    delete=records.delete_lead,
    restore=records.restore_lead,
    docs={
        "create": "Capture a lead\n\n"
        "The caller owns it unless the body names another owner, a `pool_id`, or `assign` lets the "
        "rules find one. Answers 409 `LEAD_DUPLICATE` if a "
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


ROUTERS = resource_routers(RESOURCE, router)
