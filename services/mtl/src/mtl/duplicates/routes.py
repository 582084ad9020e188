"""The HTTP API of duplicates: the leads that are like a stored one, or like one to be captured."""

from typing import Annotated
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read
from chassis.records.access.visibility import Visibility
from chassis.records.record_lookups import visible_ids
from chassis.web.admission import READ_ONLY
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.ids import new_id
from mtl.duplicates.schemas import DuplicateOut, DuplicatesOut
from mtl.duplicates.views import find_duplicates
from mtl.leads.domain.details import LeadDetails
from mtl.leads.domain.lead import Lead
from mtl.leads.schemas.leads import LeadIn
from mtl.leads.store import LEAD, LEADS

router = new_router("/leads", tag="duplicates")
Seen = Annotated[Visibility, may_list(LEADS)]


async def _duplicates(tx: AsyncConnection, lead: Lead, visibility: Visibility) -> DuplicatesOut:
    found = await find_duplicates(tx, lead)
    seen = await visible_ids(tx, LEADS, [one.id for _, one in found], visibility)
    return DuplicatesOut(
        duplicates=[DuplicateOut.of(like, one, visible=one.id in seen) for like, one in found]
    )


@router.post(
    "/duplicate-check",
    summary="Find the leads that are like one to be captured",
    openapi_extra=READ_ONLY,
)
async def lead_duplicate_check(body: LeadIn, tx: Tx, now: Now, visibility: Seen) -> DuplicatesOut:
    """Compare the fields of a new lead with all leads, also those that the caller may not see.

    The score is 100 for one that has the same phone, mail or external id; otherwise companies are
    compared by their names (legal form, region, traditional characters, sound and slips of the
    keyboard do not matter) and persons by theirs. Nothing is stored.
    """
    details = LeadDetails(**dict(body))
    lead = Lead(**vars(details), id=new_id(), created_at=now, updated_at=now)
    return await _duplicates(tx, lead, visibility)


@router.get(
    "/{lead_id}/duplicates",
    dependencies=[may_read(LEADS)],
    summary="The leads that are like a lead, the most alike first",
)
async def lead_duplicates(lead_id: UUID, tx: Tx, visibility: Seen) -> DuplicatesOut:
    """List the leads that may be the same, with score and reasons; hidden ones with their owner."""
    return await _duplicates(tx, await LEAD.get(tx, lead_id, with_deleted=True), visibility)


ROUTERS = (router,)
