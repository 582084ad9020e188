"""Reads the leads on which rules and settings are tried, and what scores were put together from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import Visibility
from mtl.leads.actions.scoring import scorer_with
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.domain.scoring import Behavior, behavior_of
from mtl.leads.store import leads
from mtl.leads.store.tried import newest_leads, read_leads
from mtl.score_settings.domain import ScoreSettings
from mtl.touches.store import touches_of
from scoring.blend import ScorePart
from scoring.grades import Grade

TRIED_LEADS: Final = 2000


@dataclass(frozen=True)
class ScoreTrial:
    """What settings would change: of how many leads, and how many have which grades."""

    leads: int
    changed: int
    is_complete: bool
    grades: Mapping[tuple[Grade | None, Grade | None], int]


async def behavior_of_leads(
    tx: AsyncConnection, settings: ScoreSettings, lead_ids: Sequence[UUID], at: datetime
) -> dict[UUID, Behavior]:
    """Return the part of behavior of the leads with touches; none where behavior has no weight."""
    if not lead_ids or not settings.counts(ScorePart.BEHAVIOR):
        return {}
    touches = await touches_of(tx, lead_ids, list(settings.touches))
    return {lead_id: behavior_of(settings, found, at) for lead_id, found in touches.items()}


async def try_settings(
    tx: AsyncConnection, settings: ScoreSettings, visibility: Visibility, at: datetime
) -> ScoreTrial:
    """Score the newest 2,000 leads that the caller sees by other settings; nothing is stored."""
    scorer = await scorer_with(tx, settings)
    not_converted = leads.c.status != LeadStatus.CONVERTED
    query = newest_leads(visibility).where(not_converted).limit(TRIED_LEADS + 1)
    found = await read_leads(tx, query)
    tried = found[:TRIED_LEADS]
    behavior = await behavior_of_leads(tx, settings, [lead.id for lead in tried], at)
    grades: Counter[tuple[Grade | None, Grade | None]] = Counter()
    changed = 0
    for lead in tried:
        counted = behavior.get(lead.id, Behavior(0, None)).score
        after = scorer.score(replace(lead, behavior_score=counted))
        changed += after.score != lead.score
        grades[lead.grade, after.grade] += 1
    return ScoreTrial(len(tried), changed, len(found) <= TRIED_LEADS, grades)
