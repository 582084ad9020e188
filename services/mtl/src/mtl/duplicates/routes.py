"""The HTTP API of duplicates: what is like a stored lead, or like one to be captured."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read
from chassis.records.access.visibility import Visibility
from chassis.records.record_lookups import visible_ids
from chassis.web.admission import READ_ONLY
from chassis.web.auth import Caller
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.ids import new_id
from mtl.duplicates.schemas.customers import DuplicatesOut
from mtl.duplicates.schemas.leads import DuplicateOut
from mtl.duplicates.views.customers import customers_like
from mtl.duplicates.views.leads import find_duplicates
from mtl.leads.domain.details import LeadDetails
from mtl.leads.domain.lead import Lead
from mtl.leads.schemas.leads import LeadIn
from mtl.leads.store import LEAD, LEADS

router = new_router("/leads", tag="duplicates")
Seen = Annotated[Visibility, may_list(LEADS)]


@dataclass(frozen=True)
class Reading:
    """Who compares a lead with others, and when."""

    tx: Tx
    caller: Caller
    now: Now
    visibility: Seen

    async def duplicates(self, lead: Lead) -> DuplicatesOut:
        """Return the leads, accounts and contacts that are like a lead, as the caller sees them."""
        found = await find_duplicates(self.tx, lead)
        seen = await visible_ids(self.tx, LEADS, [one.id for _, one in found], self.visibility)
        return DuplicatesOut.of(
            await customers_like(self.tx, lead, self.caller, self.now),
            duplicates=[DuplicateOut.of(like, one, visible=one.id in seen) for like, one in found],
        )


Compared = Annotated[Reading, Depends()]


@router.post(
    "/duplicate-check",
    summary="Find the leads that are like one to be captured",
    openapi_extra=READ_ONLY,
)
async def lead_duplicate_check(body: LeadIn, compared: Compared) -> DuplicatesOut:
    """Compare the fields of a new lead with all leads, accounts and contacts, also hidden ones.

    The score is 100 for one that has the same phone, mail or external id; otherwise companies are
    compared by their names (legal form, region, traditional characters, sound and slips of the
    keyboard do not matter) and persons by theirs. Of what the caller may not see only the owner is
    shown. Nothing is stored.
    """
    details = LeadDetails(**dict(body))
    lead = Lead(**vars(details), id=new_id(), created_at=compared.now, updated_at=compared.now)
    return await compared.duplicates(lead)


@router.get(
    "/{lead_id}/duplicates",
    dependencies=[may_read(LEADS)],
    summary="The leads that are like a lead, the most alike first",
)
async def lead_duplicates(lead_id: UUID, compared: Compared) -> DuplicatesOut:
    """List the leads that may be the same, and the accounts and contacts that it may belong to.

    Each has its score and reasons; hidden ones have their owner only.
    """
    lead = await LEAD.get(compared.tx, lead_id, with_deleted=True)
    return await compared.duplicates(lead)


ROUTERS = (router,)
