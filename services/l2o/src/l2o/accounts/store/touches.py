"""SQL on when accounts were last touched, which is written beside their version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.accounts.store import accounts


async def raise_last_activity(tx: AsyncConnection, account_id: UUID, at: datetime) -> None:
    """Write the time of the last activity, unless that of a later one is there."""
    c = accounts.c
    is_earlier = or_(c.last_activity_at.is_(None), c.last_activity_at < at)
    later = update(accounts).where(c.id == account_id, is_earlier)
    await tx.execute(later.values(last_activity_at=at))


async def save_last_activity(tx: AsyncConnection, account_id: UUID, at: datetime | None) -> None:
    """Write the time of the last activity; the caller has locked the account's row."""
    mine = update(accounts).where(accounts.c.id == account_id)
    await tx.execute(mine.values(last_activity_at=at))


async def save_review(tx: AsyncConnection, account_id: UUID, at: datetime) -> None:
    """Write when an account was reviewed; the caller has locked its row."""
    mine = update(accounts).where(accounts.c.id == account_id)
    await tx.execute(mine.values(reviewed_at=at))


async def due_for_review(
    tx: AsyncConnection, by: datetime, *, after: UUID | None, limit: int
) -> Sequence[Row[Any, Any, Any]]:
    """Return id, name and owner of the next accounts by id that are due for review by then."""
    c = accounts.c
    query = select(c.id, c.name, c.owner_id).where(
        c.deleted_at.is_(None), c.owner_id.is_not(None), c.review_due_at_sort <= by
    )
    if after is not None:
        query = query.where(c.id > after)
    return (await tx.execute(query.order_by(c.id).limit(limit))).all()
