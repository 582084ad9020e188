"""The table of accounts that wait to be graded, and its SQL."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Select, Table, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.rows import is_one_of
from l2o.database import metadata

grade_queue = Table(
    "grade_queue", metadata, tenant_column(), Column("account_id", Uuid, primary_key=True)
)


async def add(tx: AsyncConnection, account_ids: Collection[UUID]) -> None:
    """Add accounts, of which some may wait already."""
    rows = [{"account_id": one} for one in sorted(set(account_ids))]
    await tx.execute(insert(grade_queue).on_conflict_do_nothing(), rows)


async def add_found(tx: AsyncConnection, account_ids: Select[Any]) -> None:
    """Add the accounts whose ids a query finds."""
    row = insert(grade_queue).from_select(["account_id"], account_ids)
    await tx.execute(row.on_conflict_do_nothing())


async def next_ids(tx: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Return the next accounts in the queue, in the order of their ids."""
    c = grade_queue.c
    query = select(c.account_id).order_by(c.account_id).limit(limit)
    return (await tx.execute(query)).scalars().all()


async def remove(tx: AsyncConnection, account_ids: Collection[UUID]) -> None:
    """Take accounts out of the queue."""
    await tx.execute(delete(grade_queue).where(is_one_of(grade_queue.c.account_id, account_ids)))
