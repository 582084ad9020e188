"""The HTTP API of what led to an account or an opportunity before its lead was converted."""

from uuid import UUID

from chassis.records.access.guards import may_read
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from l2o.accounts.store import ACCOUNT, ACCOUNTS
from l2o.conversions import store
from l2o.conversions.schemas import LeadTrailOut
from l2o.opportunities.store import OPPORTUNITIES, OPPORTUNITY

accounts = new_router("/accounts", tag="conversions")
opportunities = new_router("/opportunities", tag="conversions")


@accounts.get(
    "/{account_id}/lead-trail",
    dependencies=[may_read(ACCOUNTS)],
    summary="What led to an account",
)
async def account_lead_trail(account_id: UUID, tx: Tx) -> LeadTrailOut:
    """Show the touches and follow-ups of the leads that became this account, or came to it."""
    await ACCOUNT.get(tx, account_id, with_deleted=True)
    return LeadTrailOut.of(*await store.read_trail(tx, "account_id", account_id))


@opportunities.get(
    "/{opportunity_id}/lead-trail",
    dependencies=[may_read(OPPORTUNITIES)],
    summary="What led to an opportunity",
)
async def opportunity_lead_trail(opportunity_id: UUID, tx: Tx) -> LeadTrailOut:
    """Show the touches and follow-ups of the lead that became this opportunity."""
    await OPPORTUNITY.get(tx, opportunity_id, with_deleted=True)
    return LeadTrailOut.of(*await store.read_trail(tx, "opportunity_id", opportunity_id))


ROUTERS = (accounts, opportunities)
