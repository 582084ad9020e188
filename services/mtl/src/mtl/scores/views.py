"""Reads the leads on which rules and settings are tried, and what scores were put together from."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.records.access.visibility import Visibility, is_visible
from chassis.records.custom_fields.store import definitions_of
from mtl.leads.actions.scoring import LeadScorer, scorer_with
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.domain.scoring import Behavior, behavior_of
from mtl.leads.store import LEAD, LEADS, leads
from mtl.score_settings.domain import ScoreSettings
from mtl.touches.store import touches_of
from rules.fact_values import Facts
from rules.rule_kinds import TriedRecord
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


async def tried_leads(
    tx: AsyncConnection, visibility: Visibility, limit: int
) -> AsyncIterator[tuple[TriedRecord, Facts]]:
    """Yield the newest leads that the caller sees, with what rules read of them."""
    scorer = LeadScorer(definitions=await definitions_of(tx, LEADS.resource))
    rows = await tx.execute(_newest(visibility).limit(limit))
    for row in rows.mappings():
        lead = from_columns(Lead, dict(row))
        yield TriedRecord(lead.id, lead.display_name), scorer.facts(lead)


async def facts_of_lead(tx: AsyncConnection, lead_id: UUID) -> Facts:
    """Return what rules read of a lead. Raises NotFound."""
    lead = await LEAD.get(tx, lead_id, with_deleted=True)
    return LeadScorer(definitions=await definitions_of(tx, LEADS.resource)).facts(lead)


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
    query = _newest(visibility).where(not_converted).limit(TRIED_LEADS + 1)
    found = [from_columns(Lead, dict(row)) for row in (await tx.execute(query)).mappings()]
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


def _newest(visibility: Visibility) -> Select[Any]:
    newest = select(leads).where(leads.c.deleted_at.is_(None), is_visible(LEADS, visibility))
    return newest.order_by(leads.c.id.desc())
