"""Reads of accounts, which contacts belong to."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import EVERYTHING, Visibility
from l2o.accounts import store as accounts
from l2o.accounts.domain import Account

ACCOUNT_RESOURCE = accounts.ACCOUNTS.resource


async def lock_account(
    tx: AsyncConnection, account_id: UUID, visibility: Visibility = EVERYTHING
) -> Account | None:
    """Lock an account until the commit; None if it is missing, deleted or not visible."""
    return await accounts.lock_for_update(tx, account_id, visibility)


async def may_write_account(tx: AsyncConnection, account_id: UUID, visibility: Visibility) -> bool:
    """Return whether the caller may change an account, and so add contacts to it."""
    return await accounts.may_write(tx, account_id, visibility)


async def account_country(tx: AsyncConnection, account_id: UUID) -> str | None:
    """The country of an account, also of a deleted one; None without one."""
    return await accounts.country_of(tx, account_id)
