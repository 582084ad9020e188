"""Saves the leads of a merge, and what an undo gives back; features of their own move the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import save_record
from chassis.web.commands import Command
from contracts.mtl.events import LeadMergedInto, LeadMergeUndone, LeadRestored, LeadsMerged
from mtl.leads.actions.moves import schedule_waking
from mtl.leads.actions.records import replace_changed_keys
from mtl.leads.actions.scoring import scorer_of
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.store import LEAD, history


async def save_merged_leads(
    command: Command, survivor: Lead, merged: Lead, others: Sequence[Lead], merge_id: UUID
) -> Lead:
    """Save the survivor as `merged`, which takes the keys of the others, and mark these as merged.

    The caller has locked all of them. Raises Conflict (LEAD_DUPLICATE).
    """
    free, scorer = command.unconditional, await scorer_of(command.tx)
    for lead in others:
        gone = replace(lead, merged_into_id=survivor.id, deleted_at=command.now)
        event = LeadMergedInto(lead=gone.state(), merge_id=merge_id, survivor_id=survivor.id)
        await save_record(free, LEAD, lead, gone, event)
    merged = scorer.score(merged)
    await replace_changed_keys(command, None, merged)
    ids = tuple(lead.id for lead in others)
    event_of_survivor = LeadsMerged(lead=merged.state(), merge_id=merge_id, merged_lead_ids=ids)
    return await save_record(free, LEAD, survivor, merged, event_of_survivor)


async def save_separated_leads(
    command: Command,
    survivor: Lead,
    separated: Lead,
    others: Sequence[Lead],
    touch_ids: Mapping[UUID, Sequence[UUID]],
    merge_id: UUID,
) -> Lead:
    """Save the survivor as `separated`, and let the others be leads of their own with their keys.

    The caller has locked all of them. Raises Conflict (LEAD_DUPLICATE) if one of their keys is
    another lead's by now, also one that the survivor got by an edit since.
    """
    free, scorer = command.unconditional, await scorer_of(command.tx)
    back = [replace(lead, merged_into_id=None, deleted_at=None) for lead in others]
    for before, lead in zip(others, back, strict=True):
        await save_record(free, LEAD, before, lead, LeadRestored)
        if lead.status is LeadStatus.NURTURE:
            await schedule_waking(command, lead)
    separated = scorer.score(separated)
    for lead in (separated, *back):
        await replace_changed_keys(command, None, lead)
    touches = {lead_id: tuple(ids) for lead_id, ids in touch_ids.items()}
    event = LeadMergeUndone(lead=separated.state(), merge_id=merge_id, touch_ids=touches)
    return await save_record(free, LEAD, survivor, separated, event)


async def move_history(tx: AsyncConnection, lead_id: UUID, to: UUID) -> Sequence[UUID]:
    """Move the history of a merged lead to its survivor; return what was moved."""
    return await history.move_history(tx, lead_id, to)


async def return_history(tx: AsyncConnection, ids: Sequence[UUID], to: UUID) -> None:
    """Give a lead back its history when its merge is undone."""
    await history.return_history(tx, ids, to)
