"""SQL on the accounts above and below an account."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import Visibility, is_visible
from l2o.accounts.store import ACCOUNTS, accounts


async def get_ancestor_ids(tx: AsyncConnection, account_id: UUID) -> set[UUID]:
    """The ids of all accounts above this one, with deleted ones, which may be restored."""
    above = (
        select(accounts.c.parent_id.label("id"))
        .where(accounts.c.id == account_id, accounts.c.parent_id.is_not(None))
        .cte("above", recursive=True)
    )
    # UNION and not UNION ALL, so that the query ends even if there is a cycle.
    above = above.union(
        select(accounts.c.parent_id).where(
            accounts.c.id == above.c.id, accounts.c.parent_id.is_not(None)
        )
    )
    return set((await tx.execute(select(above.c.id))).scalars())


async def count_children(tx: AsyncConnection, account_id: UUID) -> int:
    """Count the accounts whose parent this is."""
    is_child = (accounts.c.parent_id == account_id) & accounts.c.deleted_at.is_(None)
    count: int = (await tx.execute(select(func.count()).where(is_child))).scalar_one()
    return count


def subtree_query(account_id: UUID, visibility: Visibility) -> Select[Any]:
    """A query for the account and all visible accounts below it; the caller pages it."""
    below = select(accounts.c.id).where(accounts.c.id == account_id).cte("below", recursive=True)
    below = below.union(select(accounts.c.id).where(accounts.c.parent_id == below.c.id))
    in_subtree = accounts.c.id.in_(select(below.c.id)) & accounts.c.deleted_at.is_(None)
    return select(accounts).where(in_subtree, is_visible(ACCOUNTS, visibility))
