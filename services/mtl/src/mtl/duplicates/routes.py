"""The HTTP API of duplicates: what is like a stored lead, or like one to be captured."""

from typing import Annotated
from uuid import UUID

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read
from chassis.records.access.visibility import Visibility
from chassis.web.admission import READ_ONLY
from chassis.web.auth import Caller
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.ids import new_id
from mtl.duplicates.schemas.customers import DuplicatesOut
from mtl.duplicates.views.answers import duplicates_of
from mtl.leads.domain.details import LeadDetails
from mtl.leads.domain.lead import Lead
from mtl.leads.schemas.leads import LeadIn
from mtl.leads.store import LEAD, LEADS

router = new_router("/leads", tag="duplicates")
Seen = Annotated[Visibility, may_list(LEADS)]


@router.post(
    "/duplicate-check",
    summary="Find the leads that are like one to be captured",
    openapi_extra=READ_ONLY,
)
async def lead_duplicate_check(
    body: LeadIn, tx: Tx, caller: Caller, now: Now, visibility: Seen
) -> DuplicatesOut:
    """Compare the fields of a new lead with all leads, accounts and contacts, also hidden ones.

    The score is 100 for one that has the same phone, mail or external id; otherwise companies are
    compared by their names (legal form, region, traditional characters, sound and slips of the
    keyboard do not matter) and persons by theirs. Of what the caller may not see only the owner is
    shown. Nothing is stored.
    """
    details = LeadDetails(**dict(body))
    lead = Lead(**vars(details), id=new_id(), created_at=now, updated_at=now)
    return await duplicates_of(tx, lead, caller, visibility, now=now)


@router.get(
    "/{lead_id}/duplicates",
    dependencies=[may_read(LEADS)],
    summary="The leads that are like a lead, the most alike first",
)
async def lead_duplicates(
    lead_id: UUID, tx: Tx, caller: Caller, now: Now, visibility: Seen
) -> DuplicatesOut:
    """List the leads that may be the same, and the accounts and contacts that it may belong to.

    Each has its score and reasons; hidden ones have their owner only.
    """
    lead = await LEAD.get(tx, lead_id, with_deleted=True)
    return await duplicates_of(tx, lead, caller, visibility, now=now)


ROUTERS = (router,)
