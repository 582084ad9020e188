"""The HTTP API of accounts."""

from typing import Annotated
from uuid import UUID

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list
from chassis.records.access.visibility import Visibility
from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.records.tenant_settings import today
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from l2o.accounts import actions, store, views
from l2o.accounts.schemas import AccountEdit, AccountIn, AccountOut, AccountTotals, TotalsOut
from l2o.accounts.store import ACCOUNT, ACCOUNTS, LISTING

RESOURCE = Resource(
    record_type=ACCOUNT,
    collection="/accounts",
    listing=LISTING,
    body=AccountIn,
    edit_body=AccountEdit,
    answer=AccountOut,
    create=actions.create_account,
    edit=actions.edit_account,
    delete=actions.delete_account,
    restore=actions.restore_account,
    docs={"delete": "Delete an account that has no child accounts and no open opportunities"},
)
router = new_router("/accounts", tag="accounts")


@router.get("/{account_id}/subtree", dependencies=[RESOURCE.read_guard])
async def account_subtree(
    account_id: UUID,
    tx: Tx,
    page: PageParams,
    visibility: Annotated[Visibility, may_list(ACCOUNTS)],
) -> Page[AccountOut]:
    """List the account and all accounts below it that the caller sees, newest first."""
    await ACCOUNT.get(tx, account_id)
    query = store.subtree_query(account_id, visibility)
    return await fetch_page(tx, query, page, shape=LISTING.shape)


@router.get("/{account_id}/totals", dependencies=[RESOURCE.read_guard])
async def account_totals(account_id: UUID, tx: Tx, now: Now) -> AccountTotals:
    """Read what the account may buy, ordered, received, paid and owes, per currency.

    Whoever sees the account sees the same totals, also of opportunities that they do not see.
    """
    await ACCOUNT.get(tx, account_id)
    found = await views.read_totals(tx, account_id, today=await today(tx, now))
    return AccountTotals(account_id=account_id, totals=[TotalsOut.of(one) for one in found])


ROUTERS = resource_routers(RESOURCE, router)
