"""Queues the counting of behavior, for leads that were touched and as touches lose their worth."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from mtl.rule_sets.store import SCORE_SETTINGS, VERSIONS
from mtl.score_settings.domain import ScoreSettings
from scoring.blend import ScorePart

BEHAVIOR_JOB: Final = "lead_behavior"


async def count_behavior_at(tx: AsyncConnection, moments: Mapping[UUID, datetime]) -> None:
    """Queue the counting of the behavior of leads, each at its instant."""
    for lead_id, at in sorted(moments.items()):
        await queue.enqueue(tx, BEHAVIOR_JOB, str(lead_id), run_at=at, replace=True)


async def lead_was_touched(tx: AsyncConnection, lead_id: UUID, *, now: datetime) -> None:
    """Queue the counting of a lead's behavior, if behavior counts."""
    settings = ScoreSettings.of(await VERSIONS.latest(tx, SCORE_SETTINGS))
    if settings.counts(ScorePart.BEHAVIOR):
        await count_behavior_at(tx, {lead_id: now})
