"""The HTTP API of profiles."""

from typing import Annotated
from uuid import UUID

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_read, seen_beside
from chassis.records.access.visibility import Visibility
from chassis.records.tenant_settings import today
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from l2o.accounts.schemas import AccountDetailOut, TotalsOut
from l2o.accounts.store import ACCOUNT, ACCOUNTS
from l2o.accounts.views import read_totals
from l2o.contacts.schemas import ContactOut
from l2o.opportunities.schemas import OpportunityOut
from l2o.opportunities.store import OPPORTUNITIES
from l2o.profiles import views
from l2o.profiles.schemas import ProfileCounts, ProfileOut

router = new_router("/accounts", tag="profiles")


@router.get(
    "/{account_id}/profile",
    dependencies=[may_read(ACCOUNTS)],
    summary="An account with what its page shows above the timeline",
)
async def account_profile(
    account_id: UUID, tx: Tx, now: Now, seen: Annotated[Visibility, seen_beside(OPPORTUNITIES)]
) -> ProfileOut:
    """Get an account, its contacts, open opportunities, totals, and counts for the tabs.

    With `/accounts/{account_id}/timeline` it is all that the page of an account needs.
    """
    account, day = await ACCOUNT.get(tx, account_id), await today(tx, now)
    contacts = await views.top_contacts(tx, account_id)
    deals = await views.top_opportunities(tx, account_id, seen)
    totals = await read_totals(tx, account_id, today=day)
    counts = await views.count_records(tx, account_id, seen, today=day)
    return ProfileOut(
        account=AccountDetailOut.model_validate(account),
        contacts=[ContactOut.model_validate(one) for one in contacts],
        open_opportunities=[OpportunityOut.model_validate(one) for one in deals],
        totals=[TotalsOut.of(one) for one in totals],
        counts=ProfileCounts(**counts),
    )


ROUTERS = (router,)
