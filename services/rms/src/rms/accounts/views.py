"""Reads that combine the account replica with the orders of the account."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import EVERYTHING, Visibility, is_visible
from rms.accounts.store import ACCOUNTS, accounts
from rms.orders.store.tables import ORDERS, orders


class AccountSummary(NamedTuple):
    """An account's name, and its owner where L2O's account event has arrived."""

    name: str
    owner_id: str | None


async def find_account(
    tx: AsyncConnection, account_id: UUID, visibility: Visibility = EVERYTHING
) -> AccountSummary | None:
    """Name and owner from the replica, else the name from the account's newest order.

    None where the account has neither, or where the caller sees neither the account nor an order
    of it.
    """
    if not visibility.everything and not await _is_visible(tx, account_id, visibility):
        return None
    replica = select(accounts.c.name, accounts.c.owner_id).where(accounts.c.id == account_id)
    row = (await tx.execute(replica)).one_or_none()
    if row is not None:
        return AccountSummary(row.name, row.owner_id)
    names = select(orders.c.account_name).where(orders.c.account_id == account_id)
    newest = await tx.execute(names.order_by(orders.c.id.desc()).limit(1))
    name = newest.scalar_one_or_none()
    return None if name is None else AccountSummary(name, None)


async def _is_visible(tx: AsyncConnection, account_id: UUID, visibility: Visibility) -> bool:
    account = exists().where(accounts.c.id == account_id, is_visible(ACCOUNTS, visibility))
    order = exists().where(orders.c.account_id == account_id, is_visible(ORDERS, visibility))
    return bool((await tx.execute(select(or_(account, order)))).scalar_one())
