"""Accounts over HTTP."""

from uuid import UUID

from fastapi import Response

from chassis.auth import Caller, allow
from chassis.bodies import MoveIn
from chassis.clock import Now
from chassis.pages import Page, PageParams, fetch_page
from chassis.patches import MergePatch
from chassis.preconditions import IfMatch
from chassis.routing import new_router
from chassis.rows import from_columns
from chassis.transaction import Tx
from l2o.accounts import actions, store
from l2o.accounts.domain import Account
from l2o.accounts.schemas import (
    AccountEdit,
    AccountIn,
    AccountOut,
    AccountTotals,
    TotalsOut,
)

router = new_router("/accounts", tag="accounts")


@router.post("", status_code=201, dependencies=[allow("l2o.account.write")])
async def account_create(
    body: AccountIn, tx: Tx, now: Now, caller: Caller, response: Response
) -> AccountOut:
    """Create an account."""
    details = actions.AccountDetails(**dict(body))
    account = await actions.create_account(tx, details, owner_id=caller.subject, now=now)
    response.headers["Location"] = f"/l2o/v1/accounts/{account.id}"
    return AccountOut.model_validate(account)


@router.get("", dependencies=[allow("l2o.account.read")])
async def account_list(tx: Tx, page: PageParams, owner_id: str | None = None) -> Page[AccountOut]:
    """List accounts, newest first."""
    return await fetch_page(
        tx,
        store.listed(owner_id),
        page,
        shape=lambda row: AccountOut.model_validate(from_columns(Account, row)),
    )


@router.get("/{account_id}", dependencies=[allow("l2o.account.read")])
async def account_get(account_id: UUID, tx: Tx) -> AccountOut:
    """Read an account."""
    return AccountOut.model_validate(await store.get(tx, account_id))


@router.patch("/{account_id}", dependencies=[allow("l2o.account.write")])
async def account_edit(
    account_id: UUID, body: MergePatch[AccountEdit], tx: Tx, now: Now, expected: IfMatch
) -> AccountOut:
    """Change what is known of it, or which company it belongs to."""
    account = await actions.edit_account(tx, account_id, body.applied, expected=expected, now=now)
    return AccountOut.model_validate(account)


@router.delete("/{account_id}", status_code=204, dependencies=[allow("l2o.account.write")])
async def account_delete(account_id: UUID, tx: Tx, now: Now, expected: IfMatch) -> None:
    """Take it out of every list; it can be restored."""
    await actions.delete_account(tx, account_id, expected=expected, now=now)


@router.post("/{account_id}/restore", dependencies=[allow("l2o.account.write")])
async def account_restore(
    account_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> AccountOut:
    """Undo its deletion."""
    account = await actions.restore_account(tx, account_id, expected=expected, now=now)
    return AccountOut.model_validate(account)


@router.get("/{account_id}/subtree", dependencies=[allow("l2o.account.read")])
async def account_subtree(account_id: UUID, tx: Tx, page: PageParams) -> Page[AccountOut]:
    """It and whatever belongs to it, at any depth, newest first."""
    await store.get(tx, account_id)
    return await fetch_page(
        tx,
        store.subtree(account_id),
        page,
        shape=lambda row: AccountOut.model_validate(from_columns(Account, row)),
    )


@router.get("/{account_id}/totals", dependencies=[allow("l2o.account.read")])
async def account_totals(account_id: UUID, tx: Tx) -> AccountTotals:
    """What the account has ordered, had shipped and paid, per currency."""
    await store.get(tx, account_id)
    totals = [
        TotalsOut(
            currency=t.ordered.currency, ordered=t.ordered, shipped=t.shipped, received=t.received
        )
        for t in await store.totals_of(tx, account_id)
    ]
    return AccountTotals(account_id=account_id, totals=totals)
