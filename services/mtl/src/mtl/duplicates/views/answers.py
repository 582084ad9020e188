"""What is like a lead, as a caller may see it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import Visibility
from chassis.records.record_lookups import visible_among
from chassis.web.auth import Principal
from mtl.duplicates.schemas.customers import DuplicatesOut
from mtl.duplicates.schemas.leads import DuplicateOut
from mtl.duplicates.views.customers import customers_like
from mtl.duplicates.views.leads import find_duplicates
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEADS


async def duplicates_of(
    tx: AsyncConnection, lead: Lead, caller: Principal, visibility: Visibility, *, now: datetime
) -> DuplicatesOut:
    """Return the leads, accounts and contacts that are like a lead, the most alike first.

    `visibility` is what the caller sees of leads.
    """
    found = await find_duplicates(tx, lead)
    owners = {one.id: one.owner_id for _, one in found}
    seen = await visible_among(tx, LEADS, owners, visibility)
    return DuplicatesOut.of(
        await customers_like(tx, lead, caller, now),
        duplicates=[DuplicateOut.of(like, one, visible=one.id in seen) for like, one in found],
    )
