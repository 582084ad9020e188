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
    found: list[TrailEntryState] = []
    counts: dict[str, int] = {}
    for source, query in ((TOUCH, touches), (FOLLOW_UP, done)):
        rows = await _newest(tx, query)
        counts[source] = rows[0].total if rows else 0
        found += [_entry(source, row) for row in rows]
    found.sort(key=lambda one: (one.at, one.entry_id), reverse=True)
    return Trail(tuple(found[:MAX_TRAIL]), counts)


async def _newest(tx: AsyncConnection, query: Select[Any]) -> Sequence[Row[Any]]:
    """Return the newest rows of a query, each with the number of all."""
    columns = query.selected_columns
    newest = query.add_columns(func.count().over().label("total")).order_by(
        columns.at.desc(), columns.entry_id.desc()
    )
    return (await tx.execute(newest.limit(MAX_TRAIL))).all()


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
