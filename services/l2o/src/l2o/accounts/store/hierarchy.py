"""SQL on the accounts above and below an account."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
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
    return select(accounts).where(*_in_subtree(account_id, visibility))


async def subtree_ids(
    tx: AsyncConnection, account_id: UUID, visibility: Visibility
) -> Sequence[UUID]:
    """Return the ids of the account and of all visible accounts below it, in any order."""
    query = select(accounts.c.id).where(*_in_subtree(account_id, visibility))
    return (await tx.execute(query)).scalars().all()


def _in_subtree(account_id: UUID, visibility: Visibility) -> tuple[ColumnElement[bool], ...]:
    below = select(accounts.c.id).where(accounts.c.id == account_id).cte("below", recursive=True)
    below = below.union(select(accounts.c.id).where(accounts.c.parent_id == below.c.id))
    in_subtree = accounts.c.id.in_(select(below.c.id)) & accounts.c.deleted_at.is_(None)
    return in_subtree, is_visible(ACCOUNTS, visibility)
