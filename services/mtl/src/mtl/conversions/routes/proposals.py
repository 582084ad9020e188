"""The HTTP API of the accounts and contacts that a lead may belong to."""

from uuid import UUID

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_read
from chassis.web.auth import Caller
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from mtl.conversions.schemas.proposals import ConversionProposalsOut
from mtl.duplicates.views.customers import customers_like
from mtl.leads.store import LEAD, LEADS

router = new_router("/leads", tag="conversions")


@router.get(
    "/{lead_id}/conversion-proposals",
    dependencies=[may_read(LEADS)],
    summary="The accounts and contacts that a lead may belong to",
)
async def lead_conversion_proposals(
    lead_id: UUID, tx: Tx, caller: Caller, now: Now
) -> ConversionProposalsOut:
    """List the accounts and contacts of L2O that are like a lead, with score and reasons.

    They are compared with a copy of all of them. Hidden ones are listed with their owner: they
    exist, and belong to somebody. An account that is shared with the caller in L2O counts as hidden
    here, because shares do not travel.
    """
    lead = await LEAD.get(tx, lead_id, with_deleted=True)
    return ConversionProposalsOut.of(await customers_like(tx, lead, caller, now))
