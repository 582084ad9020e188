"""Reads the trail of a lead, which travels with its conversion."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.mtl.events import TrailEntryState
from mtl.conversions.domain.conversion import Trail
from mtl.followups.store import follow_ups
from mtl.touches.store import lead_touches

MAX_TRAIL: Final = 50
TOUCH, FOLLOW_UP = "TOUCH", "FOLLOW_UP"


async def trail_of(tx: AsyncConnection, lead_id: UUID) -> Trail:
    """Return the newest 50 touches and follow-ups of a lead, the newest first, and their counts."""
    touched, followed_up = lead_touches.c, follow_ups.c
    touches = select(
        touched.id.label("entry_id"),
        touched.kind,
        touched.at,
        touched.actor,
        touched.subject.label("text"),
    ).where(touched.lead_id == lead_id)
    done = select(
        followed_up.id.label("entry_id"),
        followed_up.kind,
        followed_up.at,
        followed_up.owner_id.label("actor"),
        followed_up.result,
        followed_up.summary.label("text"),
    ).where(followed_up.lead_id == lead_id, followed_up.deleted_at.is_(None))
    entries = [*await _newest(tx, TOUCH, touches), *await _newest(tx, FOLLOW_UP, done)]
    entries.sort(key=lambda one: (one.at, one.entry_id), reverse=True)
    counts = {TOUCH: await _count(tx, touches), FOLLOW_UP: await _count(tx, done)}
    return Trail(tuple(entries[:MAX_TRAIL]), counts)


async def _newest(
    tx: AsyncConnection, source: str, query: Select[Any]
) -> Sequence[TrailEntryState]:
    newest = query.order_by(query.selected_columns.at.desc(), query.selected_columns.entry_id)
    rows = (await tx.execute(newest.limit(MAX_TRAIL))).mappings()
    return [TrailEntryState(source=source, **row) for row in rows]


async def _count(tx: AsyncConnection, query: Select[Any]) -> int:
    count: int = (await tx.execute(select(func.count()).select_from(query.subquery()))).scalar_one()
    return count
