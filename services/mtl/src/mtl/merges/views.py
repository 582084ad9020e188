"""Reads what a merge of leads would make of them, and who stands in for a merged one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import visibility_of
from chassis.records.record_lookups import visible_ids
from chassis.web.auth import Principal
from mtl.leads.store import LEAD, LEADS, leads_by_id
from mtl.leads.store.survivors import survivor_of
from mtl.merges.domain.choices import choose
from mtl.merges.domain.merge import ensure_mergeable
from mtl.merges.schemas import ChoiceOut, MergeCandidateOut, MergePreviewOut


async def preview_of(
    tx: AsyncConnection, survivor_id: UUID, lead_ids: Sequence[UUID], pinned: Mapping[str, UUID]
) -> MergePreviewOut:
    """Return the choices of a merge. Raises NotFound, RuleBroken, Conflict, Invalid."""
    survivor, *others = [await LEAD.get(tx, one) for one in (survivor_id, *lead_ids)]
    ensure_mergeable(survivor, others)
    return MergePreviewOut(
        leads=[MergeCandidateOut.of(lead) for lead in (survivor, *others)],
        choices=[ChoiceOut.of(choice) for choice in choose(survivor, others, pinned)],
    )


async def visible_survivor(
    tx: AsyncConnection, lead_id: UUID, caller: Principal, now: datetime
) -> UUID | None:
    """Return the lead that stands in for a merged one, unless it is deleted or not visible."""
    survivor_id = await survivor_of(tx, lead_id)
    if survivor_id == lead_id or not await leads_by_id(tx, [survivor_id]):
        return None
    visibility = await visibility_of(tx, caller, LEADS.resource, now)
    seen = await visible_ids(tx, LEADS, [survivor_id], visibility)
    return survivor_id if seen else None
