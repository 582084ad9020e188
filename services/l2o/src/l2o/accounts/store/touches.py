"""SQL on when accounts were last touched, which is written beside their version."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, update
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
