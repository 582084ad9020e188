"""Reads the trail of a lead, which travels with its conversion."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.mtl.events import TrailEntryState
from mtl.conversions.domain.conversion import Trail
from mtl.followups.store import follow_ups
from mtl.texts import TEXTS
from mtl.touches.store import lead_touches

MAX_TRAIL: Final = 50
TOUCH, FOLLOW_UP = "TOUCH", "FOLLOW_UP"
_KINDS: Final = {TOUCH: "TouchKind", FOLLOW_UP: "FollowUpKind"}


async def trail_of(tx: AsyncConnection, lead_id: UUID) -> Trail:
    """Return the newest 50 touches and follow-ups of a lead, the newest first, and their counts."""
    touched, followed_up = lead_touches.c, follow_ups.c
    touches = select(
        touched.id.label("entry_id"),
        touched.kind,
        null().label("result"),
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
    return [_entry(source, row) for row in await tx.execute(newest.limit(MAX_TRAIL))]


def _entry(source: str, row: Row[Any]) -> TrailEntryState:
    """Return an entry whose title says what happened, and what came of it."""
    kind = TEXTS[f"{_KINDS[source]}.{row.kind}"]
    result = None if row.result is None else TEXTS[f"FollowUpResult.{row.result}"]
    return TrailEntryState(
        entry_id=row.entry_id,
        source=source,
        at=row.at,
        actor=row.actor,
        title_zh=kind.zh if result is None else f"{kind.zh}：{result.zh}",
        title_en=kind.en if result is None else f"{kind.en}: {result.en}",
        text=row.text,
    )


async def _count(tx: AsyncConnection, query: Select[Any]) -> int:
    count: int = (await tx.execute(select(func.count()).select_from(query.subquery()))).scalar_one()
    return count
