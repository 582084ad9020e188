"""What quotas, pools and assignment read of leads."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns, is_one_of
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import OPEN_STATUSES
from mtl.leads.domain.placement import AssignmentStatus
from mtl.leads.store import HELD, UNOWNED, leads
from mtl.leads.store.recyclings import is_barred


async def count_held(tx: AsyncConnection, owner_ids: Collection[str]) -> Mapping[str, int]:
    """Return how many leads each of these people holds: not converted, not invalid."""
    c = leads.c
    query = select(c.owner_id, func.count()).where(is_one_of(c.owner_id, owner_ids), HELD)
    rows = await tx.execute(query.group_by(c.owner_id))
    return dict.fromkeys(owner_ids, 0) | {owner_id: count for owner_id, count in rows}


async def lock_best_in_pool(
    tx: AsyncConnection, pool_id: UUID, *, limit: int, claimed_by: str | None = None
) -> Sequence[Lead]:
    """Lock the best open leads that wait in a pool, the oldest of equals first.

    Leads that another transaction is giving to somebody are left out, and so are those that the
    person who claims them let fall back lately.
    """
    c = leads.c
    waiting = select(leads).where(c.pool_id == pool_id, UNOWNED, c.status.in_(OPEN_STATUSES))
    if claimed_by is not None:
        waiting = waiting.where(~is_barred(claimed_by))
    best = waiting.order_by(c.score_sort.desc(), c.id).limit(limit)
    return await _locked(tx, best.with_for_update(skip_locked=True))


async def lock_waiting(tx: AsyncConnection, *, limit: int) -> Sequence[Lead]:
    """Lock the leads that wait for the rules to assign them, the oldest first."""
    c = leads.c
    waits = (c.assignment_status == AssignmentStatus.WAITING, c.deleted_at.is_(None))
    oldest = select(leads).where(*waits).order_by(c.id).limit(limit)
    return await _locked(tx, oldest.with_for_update(skip_locked=True))


async def lock_unassigned(tx: AsyncConnection, after: UUID | None, *, limit: int) -> Sequence[Lead]:
    """Lock the leads of the queue that nobody could be given, in the order of their ids."""
    c = leads.c
    query = select(leads).where(
        c.assignment_status == AssignmentStatus.UNASSIGNED, c.deleted_at.is_(None)
    )
    if after is not None:
        query = query.where(c.id > after)
    oldest = query.order_by(c.id).limit(limit)
    return await _locked(tx, oldest.with_for_update(skip_locked=True))


async def lock_leads(tx: AsyncConnection, ids: Collection[UUID]) -> Mapping[UUID, Lead]:
    """Lock these leads in the order of their ids, without deleted ones."""
    c = leads.c
    query = select(leads).where(is_one_of(c.id, ids), c.deleted_at.is_(None)).order_by(c.id)
    return {one.id: one for one in await _locked(tx, query.with_for_update())}


async def _locked(tx: AsyncConnection, query: Select[Any]) -> Sequence[Lead]:
    return [from_columns(Lead, dict(row)) for row in (await tx.execute(query)).mappings()]


async def count_in_pools(tx: AsyncConnection, pool_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Return how many open leads wait in each of these pools."""
    c = leads.c
    query = select(c.pool_id, func.count()).where(
        is_one_of(c.pool_id, pool_ids), UNOWNED, c.status.in_(OPEN_STATUSES)
    )
    rows = await tx.execute(query.group_by(c.pool_id))
    return dict.fromkeys(pool_ids, 0) | {pool_id: count for pool_id, count in rows}
