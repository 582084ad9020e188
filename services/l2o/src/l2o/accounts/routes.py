"""The HTTP API of accounts."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read, may_write
from chassis.records.access.routes import access_router
from chassis.records.access.transfers import TransferRequest, active_owner_name, assign_on_create
from chassis.records.access.visibility import Visibility, visibility_of
from chassis.records.audit.routes import audit_router
from chassis.records.external_ids.routes import ExternallyWrittenResource, external_id_router
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import ListPage
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import EmptyBody
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from l2o.accounts import actions, store
from l2o.accounts.domain import Account
from l2o.accounts.schemas import (
    AccountEdit,
    AccountIn,
    AccountOut,
    AccountTotals,
    TotalsOut,
)

ACCOUNTS = store.ACCOUNTS
READ, WRITE = [may_read(ACCOUNTS)], [may_write(ACCOUNTS)]
VisibleAccounts = Annotated[Visibility, may_list(ACCOUNTS)]

router = new_router("/accounts", tag="accounts")
access = access_router(ACCOUNTS, collection="accounts", transfer=actions.transfer_account)
audit = audit_router(
    "/accounts", resource=ACCOUNTS.resource, table=ACCOUNTS.table, dependencies=READ
)


async def _visibility(tx: AsyncConnection, caller: Principal, now: datetime) -> Visibility:
    """The accounts that the caller may name as a parent."""
    return await visibility_of(tx, caller, ACCOUNTS.resource, now)


async def _create(
    tx: AsyncConnection, body: AccountIn, caller: Principal, now: datetime
) -> Account:
    """Create the account as the caller's, then transfer it if the body names another owner."""
    if body.owner_id is not None:
        await active_owner_name(
            tx, body.owner_id
        )  # raises Invalid for an unknown or inactive person
    account = await actions.create_account(
        tx,
        actions.AccountDetails(**_editable_values(body)),
        owner_id=caller.subject,
        now=now,
        visibility=await _visibility(tx, caller, now),
    )
    if body.owner_id is None:
        return account
    transfer = TransferRequest(ACCOUNTS, actions.transfer_account, caller, body.owner_id, None, now)
    await assign_on_create(tx, transfer, account.id)
    return await store.get(tx, account.id)


async def _replace(
    tx: AsyncConnection, account_id: UUID, body: AccountIn, caller: Principal, now: datetime
) -> Account:
    """Replace every editable field; the owner stays."""
    return await actions.edit_account(
        tx,
        account_id,
        lambda before: replace(before, **_editable_values(body)),
        now=now,
        visibility=await _visibility(tx, caller, now),
    )


def _editable_values(body: AccountIn) -> dict[str, Any]:
    return {name: getattr(body, name) for name in AccountEdit.model_fields}


@router.post("", status_code=201, dependencies=[allow("l2o.account.write")])
async def account_create(
    body: AccountIn, tx: Tx, now: Now, caller: Caller, response: Response
) -> AccountOut:
    """Create an account."""
    account = await _create(tx, body, caller, now)
    response.headers["Location"] = f"/l2o/v1/accounts/{account.id}"
    return AccountOut.model_validate(account)


@router.get("")
async def account_list(
    tx: Tx,
    page: PageParams,
    list_query: Annotated[ListQuery, store.LISTING.query],
    visibility: VisibleAccounts,
) -> ListPage[AccountOut]:
    """List accounts, newest first."""
    return await store.LISTING.page(tx, page, list_query, visibility)


@router.get("/{account_id}", dependencies=READ)
async def account_get(account_id: UUID, tx: Tx) -> AccountOut:
    """Read an account."""
    return AccountOut.model_validate(await store.get(tx, account_id))


@router.patch("/{account_id}", dependencies=WRITE)
async def account_edit(
    account_id: UUID,
    body: MergePatch[AccountEdit],
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
) -> AccountOut:
    """Change the fields that the body names."""
    account = await actions.edit_account(
        tx,
        account_id,
        body.applied,
        expected=expected,
        now=now,
        visibility=await _visibility(tx, caller, now),
    )
    return AccountOut.model_validate(account)


@router.delete("/{account_id}", status_code=204, dependencies=WRITE)
async def account_delete(account_id: UUID, tx: Tx, now: Now, expected: IfMatch) -> None:
    """Delete an account; it can be restored.

    Refused while it has child accounts or open opportunities.
    """
    await actions.delete_account(tx, account_id, expected=expected, now=now)


@router.post("/{account_id}/restore", dependencies=WRITE)
async def account_restore(
    account_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: EmptyBody | None = None
) -> AccountOut:
    """Restore a deleted account."""
    account = await actions.restore_account(tx, account_id, expected=expected, now=now)
    return AccountOut.model_validate(account)


@router.get("/{account_id}/subtree", dependencies=READ)
async def account_subtree(
    account_id: UUID, tx: Tx, page: PageParams, visibility: VisibleAccounts
) -> Page[AccountOut]:
    """List the account and all accounts below it that the caller sees, newest first."""
    await store.get(tx, account_id)
    query = store.subtree_query(account_id, visibility)
    return await fetch_page(tx, query, page, shape=store.LISTING.shape)


@router.get("/{account_id}/totals", dependencies=READ)
async def account_totals(account_id: UUID, tx: Tx) -> AccountTotals:
    """Read what the account has ordered, received and paid, per currency."""
    await store.get(tx, account_id)
    totals = [
        TotalsOut(
            currency=t.ordered.currency, ordered=t.ordered, shipped=t.shipped, received=t.received
        )
        for t in await store.get_totals(tx, account_id)
    ]
    return AccountTotals(account_id=account_id, totals=totals)


async def _restore(tx: AsyncConnection, account_id: UUID, _: Principal, now: datetime) -> Account:
    """Restore the account before it is replaced."""
    return await actions.restore_account(tx, account_id, now=now)


by_external_id = external_id_router(
    ExternallyWrittenResource(
        scoped=ACCOUNTS,
        collection="/accounts",
        body=AccountIn,
        answer=AccountOut,
        create=_create,
        update=_replace,
        restore=_restore,
        get=store.get,
    )
)
ROUTERS = (access, by_external_id, router, audit)
