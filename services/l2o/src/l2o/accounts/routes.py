"""The HTTP API of accounts."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from chassis.foundation.clock import Now
from chassis.records.access.along import Along
from chassis.records.access.guards import may_list, may_read, may_write
from chassis.records.access.visibility import Visibility
from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.records.tenant_settings import today
from chassis.web.admission import READ_ONLY
from chassis.web.commands import ChangeCommand
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from contracts.org.states import GoesAlong
from l2o.accounts import actions, views
from l2o.accounts.schemas import (
    AccountDetailOut,
    AccountEdit,
    AccountIn,
    AccountOut,
    AccountReview,
    AccountTotals,
    SubtreeTotals,
    TotalsOut,
    account_values,
)
from l2o.accounts.store import ACCOUNT, ACCOUNTS, LISTING, hierarchy
from l2o.collisions import views as collision_views
from l2o.collisions.domain import CompanyFacts
from l2o.collisions.schemas import CollisionCheckIn, CollisionsOut
from l2o.collisions.store import policy_of

RESOURCE = Resource(
    record_type=ACCOUNT,
    collection="/accounts",
    listing=LISTING,
    body=AccountIn,
    edit_body=AccountEdit,
    answer=AccountDetailOut,
    values=account_values,
    create=actions.create_account,
    edit=actions.edit_account,
    delete=actions.delete_account,
    restore=actions.restore_account,
    along=Along(ACCOUNTS.resource, tuple(GoesAlong)),
    docs={"delete": "Delete an account that has no child accounts and no open opportunities"},
)
router = new_router("/accounts", tag="accounts")
Seen = Annotated[Visibility, may_list(ACCOUNTS)]


@router.get("/{account_id}/subtree", dependencies=[RESOURCE.read_guard])
async def account_subtree(
    account_id: UUID,
    tx: Tx,
    page: PageParams,
    visibility: Seen,
) -> Page[AccountOut]:
    """List the account and all accounts below it that the caller sees, newest first."""
    await ACCOUNT.get(tx, account_id)
    query = hierarchy.subtree_query(account_id, visibility)
    return await fetch_page(tx, query, page, shape=LISTING.shape)


@router.get("/{account_id}/totals", dependencies=[RESOURCE.read_guard])
async def account_totals(account_id: UUID, tx: Tx, now: Now) -> AccountTotals:
    """Read what the account may buy, ordered, received, paid and owes, per currency.

    Whoever sees the account sees the same totals, also of opportunities that they do not see.
    """
    await ACCOUNT.get(tx, account_id)
    found = await views.read_totals(tx, account_id, today=await today(tx, now))
    return AccountTotals(account_id=account_id, totals=[TotalsOut.of(one) for one in found])


@router.get("/{account_id}/subtree-totals", dependencies=[RESOURCE.read_guard])
async def account_subtree_totals(
    account_id: UUID, tx: Tx, now: Now, visibility: Seen
) -> SubtreeTotals:
    """Add up the totals of the account and of all accounts below it that the caller sees."""
    await ACCOUNT.get(tx, account_id)
    day = await today(tx, now)
    count, found = await views.read_subtree_totals(tx, account_id, visibility, today=day)
    totals = [TotalsOut.of(one) for one in found]
    return SubtreeTotals(account_id=account_id, accounts=count, totals=totals)


@dataclass(frozen=True)
class Reading:
    """Who compares a company with the accounts, and when."""

    tx: Tx
    now: Now
    visibility: Seen

    async def collisions(self, facts: CompanyFacts, besides: UUID | None = None) -> CollisionsOut:
        """Return the accounts that may be the company, as the caller may see them."""
        found = await collision_views.collisions_of(self.tx, facts, besides=besides)
        policy = await policy_of(self.tx, self.now)
        return CollisionsOut.of(
            found,
            await collision_views.holders_of(self.tx, found, self.visibility),
            {one.record_id: policy.action_for(one.keys) for one in found},
            policy.action_for(key for one in found for key in one.keys),
        )


Compared = Annotated[Reading, Depends()]


@router.post(
    "/{account_id}/review",
    dependencies=[may_write(ACCOUNTS)],
    summary="Note that an account was reviewed",
)
async def account_review(
    account_id: UUID, body: AccountReview, command: ChangeCommand
) -> AccountDetailOut:
    """Note that somebody has reviewed an account, which settles the task of its owner.

    The version stays, as after an activity.
    """
    account = await actions.review_account(command, account_id, note=body.note)
    return AccountDetailOut.model_validate(account)


@router.post(
    "/duplicate-check",
    summary="Find the accounts that may be a company",
    openapi_extra=READ_ONLY,
)
async def account_duplicate_check(body: CollisionCheckIn, compared: Compared) -> CollisionsOut:
    """Compare a company with all accounts, also hidden ones, of which only the owner is shown.

    The score is 100 for an equal credit code, name, number, mail address or domain; otherwise names
    are compared (legal form, region, traditional characters, sound and slips of the keyboard do not
    matter). Nothing is stored.
    """
    return await compared.collisions(body.facts())


@router.get(
    "/{account_id}/duplicates",
    dependencies=[may_read(ACCOUNTS)],
    summary="The accounts that may be the same company as an account",
)
async def account_duplicates(account_id: UUID, compared: Compared) -> CollisionsOut:
    """List the accounts that may be the same company, the likeliest first."""
    account = await ACCOUNT.get(compared.tx, account_id)
    return await compared.collisions(collision_views.facts_of(account), account_id)


ROUTERS = resource_routers(RESOURCE, router)
