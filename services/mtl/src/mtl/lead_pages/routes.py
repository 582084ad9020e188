"""The HTTP API of the page of a lead."""

from typing import Annotated
from uuid import UUID

from chassis.foundation.clock import Now
from chassis.records.access.explain_access import explain_access
from chassis.records.access.guards import may_list, may_read
from chassis.records.access.schemas import AccessOut
from chassis.records.access.visibility import Visibility
from chassis.web.auth import Caller
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from mtl.duplicates.views.answers import duplicates_of
from mtl.lead_pages.schemas import LeadPageOut
from mtl.leads.schemas.leads import LeadOut
from mtl.leads.schemas.moves import PossibleMovesOut
from mtl.leads.store import LEAD, LEADS
from mtl.recyclings.views import read_lead_clock

router = new_router("/leads", tag="leads")


@router.get(
    "/{lead_id}/page",
    dependencies=[may_read(LEADS)],
    summary="All that the page of a lead shows beside its timeline",
)
async def lead_page(
    lead_id: UUID,
    tx: Tx,
    caller: Caller,
    now: Now,
    visibility: Annotated[Visibility, may_list(LEADS)],
) -> LeadPageOut:
    """Read a lead, its moves, its access, its clock and its duplicates in one call.

    With `/leads/{lead_id}/timeline` these are the two calls of the page.
    """
    lead = await LEAD.get(tx, lead_id, with_deleted=True)
    return LeadPageOut(
        lead=LeadOut.model_validate(lead),
        moves=PossibleMovesOut.of(lead.status).moves,
        access=AccessOut.of(await explain_access(tx, caller, LEADS, lead_id, now=now)),
        clock=await read_lead_clock(tx, lead_id, now),
        like=await duplicates_of(tx, lead, caller, visibility, now=now),
    )


ROUTERS = (router,)
